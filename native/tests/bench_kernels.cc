// Cycles of every kernel on every level, at the shapes of small table networks (a thread's columns
// of a layer). Products: how many GFLOP/s, and what the
// processor's clock and two multiply-adds of a whole vector a cycle would make.
// The lowest of many short rounds: what the code costs when nothing else runs.
// Usage: bench_kernels [part of a name]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/levels.h"

namespace {

using namespace trimtab;

struct Shape {
  int64_t rows, columns, stride;
};

float* wanted_buffer(size_t size, float low) {
  // Lives as long as the program; on a cache line, as the engine's memory is.
  auto* buffer = static_cast<float*>(std::aligned_alloc(64, (size * sizeof(float) + 63) / 64 * 64));
  for (size_t i = 0; i < size; ++i)
    buffer[i] = low + static_cast<float>((i * 2654435761u >> 16) & 0xffff) / 32768.0f;
  return buffer;
}

const char* wanted = "";

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Of a chain of operations that wait for each other, a cycle each.
double seconds_of_cycles(int cycles) {
  uint64_t value = 1, other = 12345;
  asm volatile("" : "+r"(other));
  auto start = Clock::now();
  for (int i = 0; i < cycles; i += 8) {
#pragma GCC unroll 8
    for (int c = 0; c < 8; ++c) {
      value ^= other;
      asm volatile("" : "+r"(value));
    }
  }
  return seconds_since(start);
}

struct Best {
  double seconds = 1e9, cycle = 1e9;
};

// The lowest of many rounds of about a tenth of a millisecond.
template <class Call>
Best best_of(Call call) {
  constexpr int kRounds = 600, kCycles = 4000;
  auto start = Clock::now();
  call();
  int calls = static_cast<int>(1e-4 / (seconds_since(start) + 1e-7)) + 1;
  Best best;
  for (int round = 0; round < kRounds; ++round) {
    double cycle = seconds_of_cycles(kCycles) / kCycles;
    if (cycle < best.cycle) best.cycle = cycle;
    start = Clock::now();
    for (int c = 0; c < calls; ++c) call();
    double each = seconds_since(start) / calls;
    if (each < best.seconds) best.seconds = each;
  }
  return best;
}

bool is_wanted(const char* name) { return std::strstr(name, wanted) != nullptr; }

template <class Call>
void time(const Kernels& k, const char* name, Shape s, Call call) {
  if (!is_wanted(name)) return;
  const Best best = best_of(call);
  std::printf("%-8s %-26s %6lld x %-6lld %8.2f cycles/element\n", k.level, name,
              static_cast<long long>(s.rows), static_cast<long long>(s.columns),
              best.seconds / best.cycle / static_cast<double>(s.rows * s.columns));
  std::fflush(stdout);
}

// An element is a prediction.
void losses(const Kernels& k) {
  struct Row {
    const char* name;
    Loss loss;
    int64_t outputs;
  };
  constexpr int64_t r = 512;
  static float *p = wanted_buffer(r * 10, 0), *g = wanted_buffer(r * 10, 0),
               *row_losses = wanted_buffer(r, 0);
  static std::vector<float> t(r);
  for (size_t i = 0; i < t.size(); ++i) t[i] = static_cast<float>(i * 37 % 2);
  for (Row l :
       {Row{"mean_absolute_error", Loss::mean_absolute_error, 1},
        Row{"mean_squared_error", Loss::mean_squared_error, 1},
        Row{"binary_crossentropy", Loss::binary_crossentropy, 1},
        Row{"binary_crossentropy logits", Loss::binary_crossentropy_logits, 1},
        Row{"sparse_crossentropy", Loss::sparse_categorical_crossentropy, 10},
        Row{"sparse_crossentropy logits", Loss::sparse_categorical_crossentropy_logits, 10}}) {
    time(k, l.name, {r, l.outputs, l.outputs}, [&] {
      k.losses.rows({l.loss, 0}, r, l.outputs, p, l.outputs, t.data(), 1, nullptr, row_losses, 1, g,
                    l.outputs);
    });
  }
}

// The three products of a layer: of a batch with the kernel, of the batch's columns with the
// gradient (the kernel's gradient), of the gradient with the kernel's columns (the input's).
void products(const Kernels& kernels) {
  struct Layer {
    int64_t rows, inputs, units;
  };
  const int lanes = std::strcmp(kernels.level, "avx512") == 0 ? 16
                    : std::strcmp(kernels.level, "avx2") == 0 ? 8
                                                              : 4;
  static float *x = wanted_buffer(1 << 20, -1), *kernel = wanted_buffer(1 << 20, -1),
               *y = wanted_buffer(1 << 20, 0), *scratch = wanted_buffer(1 << 20, 0);
  auto print = [&](const char* name, Layer l, auto call) {
    if (!is_wanted(name)) return;
    const Best best = best_of(call);
    std::printf("%-8s %-26s %3lld x %3lld x %-3lld %6.0f GFLOP/s of %.0f\n", kernels.level, name,
                static_cast<long long>(l.rows), static_cast<long long>(l.inputs),
                static_cast<long long>(l.units),
                2e-9 * static_cast<double>(l.rows * l.inputs * l.units) / best.seconds,
                1e-9 * 4 * lanes / best.cycle);
    std::fflush(stdout);
  };
  auto product = kernels.matmul.product;
  for (Layer l :
       {Layer{1, 256, 256}, Layer{32, 10, 256}, Layer{32, 64, 64}, Layer{32, 256, 256},
        Layer{32, 512, 512}, Layer{64, 18, 256}, Layer{64, 64, 64}, Layer{64, 256, 256},
        Layer{64, 512, 512}, Layer{256, 64, 64}, Layer{256, 256, 256}, Layer{256, 512, 512},
        Layer{256, 1024, 512}, Layer{512, 44, 128}, Layer{512, 128, 64}}) {
    print("product", l, [&] {
      product(l.rows, l.units, l.inputs, x, l.inputs, 1, kernel, l.units, 1, y, l.units, scratch);
    });
    print("product kernel gradient", l, [&] {
      product(l.inputs, l.units, l.rows, x, 1, l.inputs, y, l.units, 1, kernel, l.units, scratch);
    });
    print("product input gradient", l, [&] {
      product(l.rows, l.inputs, l.units, y, l.units, 1, kernel, 1, l.units, x, l.inputs, scratch);
    });
    const PanelKernels panels = kernels.panels;
    print("panels", l, [&] {
      panels.product(l.rows, l.inputs, 0, l.units, x, l.inputs, kernel, y, l.units, scratch);
    });
    print("panels kernel gradient", l, [&] {
      panels.kernel_gradient(l.rows, l.inputs, 0, l.units, x, l.inputs, y, l.units, kernel,
                             l.inputs, 0, nullptr, scratch);
    });
    print("panels input gradient", l, [&] {
      panels.input_gradient(l.rows, l.units, sum_block(l.units), 0, l.inputs, y, l.units, kernel,
                            l.inputs, x, l.inputs, scratch);
    });
  }
}

void run(const Kernels& k) {
  products(k);
  losses(k);
  for (Shape s :
       {Shape{32, 64, 64}, Shape{512, 64, 128}, Shape{64, 256, 512}, Shape{256, 512, 1024}}) {
    const auto size = static_cast<size_t>(s.rows * s.stride);
    static float *x = wanted_buffer(1 << 20, -1), *y = wanted_buffer(1 << 20, -1),
                 *dy = wanted_buffer(1 << 20, -1);
    static float *mean = wanted_buffer(4096, 0), *scale = wanted_buffer(4096, 0),
                 *sums = wanted_buffer(4096, 0), *more = wanted_buffer(4096, 0);
    static std::vector<uint8_t> mask(1 << 20);
    if (size > 1 << 20) return;
    const int64_t r = s.rows, c = s.columns, ld = s.stride;
    const auto& b = k.batch_normalization;
    auto activation = [&](const char* forward, const char* backward, Activation function) {
      const ActivationParameters p{.function = function};
      time(k, forward, s, [&] { k.activation.forward(p, r, c, x, ld, y, ld); });
      time(k, backward, s, [&] { k.activation.backward(p, r, c, x, ld, x, ld, dy, ld, y, ld); });
    };
    activation("relu", "relu backward", Activation::relu);
    activation("tanh", "tanh backward", Activation::tanh);
    activation("sigmoid", "sigmoid backward", Activation::sigmoid);
    activation("elu", "elu backward", Activation::elu);
    activation("gelu", "gelu backward", Activation::gelu);
    activation("silu", "silu backward", Activation::silu);
    activation("softplus", "softplus backward", Activation::softplus);
    time(k, "add", s, [&] { k.activation.add(r, c, x, ld, dy, ld, y, ld); });
    time(k, "add_bias", s, [&] { k.dense.add_bias(r, c, x, ld, mean, y, ld); });
    time(k, "column_sums", s, [&] { k.dense.column_sums(r, c, x, ld, false, sums); });
    time(k, "statistics", s,
         [&] { b.statistics(r, c, x, ld, nullptr, nullptr, 0.0f, sums, more); });
    time(k, "normalize", s, [&] { b.normalize(r, c, x, ld, mean, scale, sums, y, ld); });
    time(k, "gradient_sums", s,
         [&] { b.gradient_sums(r, c, x, ld, mean, scale, dy, ld, sums, more); });
    time(k, "input_gradient", s, [&] {
      b.input_gradient(r, c, x, ld, mean, scale, scale, sums, more, nullptr, static_cast<float>(r),
                       dy, ld, y, ld);
    });
    const DropoutParameters p{.key0 = 1, .key1 = 2, .limit = 19661, .scale = 1 / 0.7f};
    time(k, "dropout", s, [&] { k.dropout.forward(p, 0, 0, r, c, x, ld, y, ld, mask.data(), ld); });
    time(k, "dropout backward", s,
         [&] { k.dropout.backward(p.scale, r, c, mask.data(), ld, dy, ld, y, ld); });
    time(k, "softmax", s, [&] { k.softmax.forward(r, c, x, ld, y, ld); });
    time(k, "softmax backward", s, [&] { k.softmax.backward(r, c, x, ld, dy, ld, y, ld); });
    for (int64_t units : {1, 3}) {
      auto name = [&](const char* one, const char* three) { return units == 1 ? one : three; };
      time(k, name("narrow_forward 1", "narrow_forward 3"), s,
           [&] { k.dense.narrow_forward(r, c, units, x, ld, mean, y, units); });
      time(k, name("narrow_kernel 1", "narrow_kernel 3"), s,
           [&] { k.dense.narrow_kernel_gradient(r, c, units, x, ld, dy, units, sums); });
      time(k, name("narrow_input 1", "narrow_input 3"), s,
           [&] { k.dense.narrow_input_gradient(r, c, units, dy, units, mean, y, ld); });
    }
    std::vector<int64_t> order(static_cast<size_t>(r));
    for (int64_t i = 0; i < r; ++i) order[static_cast<size_t>(i)] = i * 37 % r;
    static std::vector<double> five(5 * 4096);
    const LookBounds bounds{.off = 0.0f};
    const auto wide = static_cast<int64_t>(five.size() / 5);
    time(k, "looks", s, [&] { k.looks.columns({}, r, c, x, ld, x, ld, five.data(), wide); });
    time(k, "looks, bounded", s,
         [&] { k.looks.columns(bounds, r, c, x, ld, x, ld, five.data(), wide); });
    time(k, "gather", s, [&] { k.gather.rows(r, c, x, ld, order.data(), y, c); });
    if (c > 64) continue;
    static std::vector<float> codes(512);
    for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<float>(i * 37 % 100);
    time(k, "embedding", s, [&] { k.embedding.forward(r, c, codes.data(), 1, x, 100, y, ld); });
    time(k, "embedding backward", s,
         [&] { k.embedding.table_gradient(r, c, codes.data(), 1, dy, ld, 100, 0, 100, y); });
  }
  for (int64_t n : {8192, 131072, 1048576}) {
    static float *g = wanted_buffer(1 << 20, -1), *w = wanted_buffer(1 << 20, -1),
                 *m = wanted_buffer(1 << 20, -1), *v = wanted_buffer(1 << 20, 0);
    const Shape s{1, n, n};
    time(k, "adam", s, [&] { k.optimizers.adam({}, {}, 1, n, n, g, w, m, v); });
    time(k, "adam decay", s,
         [&] { k.optimizers.adam({.weight_decay_rate = 1e-5f}, {}, 1, n, n, g, w, m, v); });
    time(k, "adam, a thread's columns", {n / 256, 128, 256},
         [&] { k.optimizers.adam({}, {}, n / 256, 128, 256, g, w, m, v); });
    time(k, "adam l2", s, [&] { k.optimizers.adam({.l2 = 1e-4f}, {}, 1, n, n, g, w, m, v); });
    time(k, "sgd", s, [&] { k.optimizers.sgd({}, {}, 1, n, n, g, w, nullptr); });
    time(k, "sgd momentum", s,
         [&] { k.optimizers.sgd({}, {.momentum = 0.9f, .nesterov = true}, 1, n, n, g, w, m); });
    static float* more = wanted_buffer(3 << 20, 0);
    auto rule = [&](const char* name, RuleKernel* run) {
      time(k, name, s, [&] { run({}, {}, 1, n, n, g, w, more, 1 << 20); });
    };
    rule("adadelta", k.optimizers.adadelta);
    rule("adagrad", k.optimizers.adagrad);
    rule("adamax", k.optimizers.adamax);
    rule("amsgrad", k.optimizers.amsgrad);
    rule("ftrl", k.optimizers.ftrl);
    rule("lion", k.optimizers.lion);
    rule("nadam", k.optimizers.nadam);
    rule("rmsprop", k.optimizers.rmsprop);
    time(k, "accumulate", s, [&] { k.optimizers.accumulate(0, 0, 1, 1, n, n, g, w, more); });
    time(k, "average", s, [&] { k.optimizers.average(0.99f, false, 1, n, n, w, more); });
    time(k, "squared_norm", s, [&] { k.optimizers.squared_norm(0, 0, n, g, w); });
    time(k, "penalty", s, [&] { k.optimizers.penalty(1, 1, n, w); });
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1) wanted = arguments[1];
  for (const char* const* level = trimtab::available_levels(); *level; ++level) {
    trimtab::force_level(*level);
    run(trimtab::kernels());
  }
}
