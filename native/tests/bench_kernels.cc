// Nanoseconds per element of every kernel on every level, at the shapes of small table networks (a
// thread's columns of a layer). The lowest of many rounds: what the code costs when nothing else
// runs. Usage: bench_kernels [part of a name]
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#include "kernels/levels.h"

namespace {

using namespace trimtab;

struct Shape {
  int64_t rows, columns, stride;
};

float* wanted_buffer(size_t size, float low) {
  auto* buffer = new std::vector<float>(size);  // lives as long as the program
  for (size_t i = 0; i < size; ++i)
    (*buffer)[i] = low + static_cast<float>((i * 2654435761u >> 16) & 0xffff) / 32768.0f;
  return buffer->data();
}

const char* wanted = "";

// Rounds of calls that take about a millisecond each.
template <class Call>
void time(const Kernels& k, const char* name, Shape s, Call call) {
  using Clock = std::chrono::steady_clock;
  if (!std::strstr(name, wanted)) return;
  auto seconds = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  auto start = Clock::now();
  call();
  int calls = static_cast<int>(1e-3 / (seconds(start) + 1e-7)) + 1;
  double best = 1e9;
  for (int round = 0; round < 40; ++round) {
    start = Clock::now();
    for (int c = 0; c < calls; ++c) call();
    double each = seconds(start) / calls;
    if (each < best) best = each;
  }
  std::printf("%-8s %-24s %6lld x %-6lld %8.3f ns/element\n", k.level, name,
              static_cast<long long>(s.rows), static_cast<long long>(s.columns),
              best * 1e9 / static_cast<double>(s.rows * s.columns));
  std::fflush(stdout);
}

void run(const Kernels& k) {
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
    const DropoutParameters p{.key0 = 1, .key1 = 2, .threshold = 19661, .scale = 1 / 0.7f};
    time(k, "dropout", s, [&] { k.dropout.forward(p, 0, 0, r, c, x, ld, y, ld, mask.data(), ld); });
    time(k, "dropout backward", s,
         [&] { k.dropout.backward(p.scale, r, c, mask.data(), ld, dy, ld, y, ld); });
    time(k, "softmax", s, [&] { k.softmax.forward(r, c, x, ld, y, ld); });
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
    time(k, "gather", s, [&] { k.gather.rows(r, c, x, ld, order.data(), y, c); });
    if (r == 512) {
      const Shape column{r, 1, 1};
      time(k, "mean_absolute_error", column, [&] {
        k.losses.rows({Loss::mean_absolute_error, 0}, r, 1, x, 1, dy, 1, nullptr, y, 1, sums, 1);
      });
      time(k, "binary_crossentropy", column, [&] {
        k.losses.rows({Loss::binary_crossentropy, 0}, r, 1, scale, 1, dy, 1, nullptr, y, 1, sums,
                      1);
      });
    }
  }
  for (int64_t n : {8192, 131072, 1048576}) {
    static float *g = wanted_buffer(1 << 20, -1), *w = wanted_buffer(1 << 20, -1),
                 *m = wanted_buffer(1 << 20, -1), *v = wanted_buffer(1 << 20, 0);
    const Shape s{1, n, n};
    time(k, "adam", s, [&] { k.optimizers.adam({}, {}, n, g, w, m, v); });
    time(k, "adam l2", s, [&] { k.optimizers.adam({.l2 = 1e-4f}, {}, n, g, w, m, v); });
    time(k, "sgd", s, [&] { k.optimizers.sgd({}, {}, n, g, w, nullptr); });
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
