// Whole networks without Python; under the thread sanitizer this checks the plan's barriers.
#include "network.h"

#include <algorithm>
#include <cmath>

#include "random.h"
#include "tests/check.h"

namespace trimtab::test {
namespace {

// What Python makes of a rate.
uint32_t limit_of(double rate) { return static_cast<uint32_t>(std::lround(rate * 65536)); }
float scale_of(double rate) { return rate < 1 ? static_cast<float>(1 / (1 - rate)) : 0.0f; }

// What Python lowers layers into, by hand.
class Builder {
 public:
  explicit Builder(int64_t inputs) { program_.widths = {inputs}; }

  int op(const char* kind, std::vector<int> inputs, int64_t width, Attributes attributes = {}) {
    OpSpec spec;
    spec.kind = kind;
    spec.inputs = std::move(inputs);
    spec.output = static_cast<int>(program_.widths.size());
    spec.attributes = std::move(attributes);
    program_.widths.push_back(width);
    program_.ops.push_back(spec);
    return spec.output;
  }
  void parameter(int64_t size, float l2 = 0.0f) {
    program_.ops.back().parameters.push_back(static_cast<int>(program_.parameters.size()));
    program_.parameters.push_back({"p", program_.parameter_count(), size, true, 0.0f, l2});
  }
  void state(int64_t size) {
    program_.ops.back().state.push_back(static_cast<int>(program_.state.size()));
    program_.state.push_back({"s", program_.state_count(), size, true, 0.0f, 0.0f});
  }
  int dense(int x, int64_t units) {
    const int64_t inputs = program_.widths[static_cast<size_t>(x)];
    int y = op("matmul", {x}, units);
    parameter(inputs * units, 1e-4f);
    y = op("bias", {y}, units);
    parameter(units);
    return y;
  }
  int relu(int x) {
    Attributes a;
    a.set("function", std::string("relu"));
    a.set("alpha", 1.0);
    a.set("negative_slope", 0.0);
    a.set("threshold", 0.0);
    a.set("max_value", HUGE_VAL);
    return op("activation", {x}, program_.widths[static_cast<size_t>(x)], a);
  }
  int dropout(int x, double rate) {
    Attributes a = dropping(x, rate);
    a.set("share_rows", false);
    a.set("share_columns", false);
    return op("dropout", {x}, program_.widths[static_cast<size_t>(x)], a);
  }
  int drop_connect(int x, int64_t units, double rate) {
    const int64_t inputs = program_.widths[static_cast<size_t>(x)];
    const int y = op("drop_connect", {x}, units, dropping(x, rate));
    parameter(inputs * units);
    return y;
  }
  // `shapes`: (size, dim) of the tables; `tables`: which of them each column of codes reads.
  int embed(int x, const std::vector<std::pair<int64_t, int64_t>>& shapes,
            std::vector<int64_t> tables) {
    std::vector<int64_t> sizes, dims;
    for (const auto& [size, dim] : shapes) {
      sizes.push_back(size);
      dims.push_back(dim);
    }
    int64_t width = program_.widths[static_cast<size_t>(x)] - static_cast<int64_t>(tables.size());
    for (int64_t table : tables) width += dims[static_cast<size_t>(table)];
    Attributes a;
    a.set("sizes", sizes);
    a.set("dims", dims);
    a.set("tables", std::move(tables));
    const int y = op("embedding", {x}, width, a);
    for (const auto& [size, dim] : shapes) parameter(size * dim, 1e-4f);
    return y;
  }
  // By the rows' weights, in chunks, debiased; or as Keras has it.
  int normalize(int x, int64_t virtual_batch_size = 0) {
    const bool plain = virtual_batch_size == 0;
    const int64_t width = program_.widths[static_cast<size_t>(x)];
    Attributes a;
    a.set("momentum", 0.9);
    a.set("epsilon", 1e-3);
    a.set("scale", true);
    a.set("center", true);
    a.set("frozen", false);
    a.set("debias", !plain);
    a.set("weighted", !plain);
    if (!plain) a.set("virtual_batch_size", virtual_batch_size);
    const int y = op("batch_normalization", {x}, width, a);
    parameter(width);
    parameter(width);
    state(width);
    state(width);
    if (!plain) state(1);
    return y;
  }
  ProgramSpec finish(int output, const char* loss, double clip = 1.0) {
    program_.output = output;
    Attributes l, o;
    l.set("loss", std::string(loss));
    l.set("label_smoothing", 0.0);
    o.set("rule", std::string("adam"));
    for (const char* unused :
         {"momentum", "rho", "learning_rate_power", "l1", "l2", "shrinkage", "beta"}) {
      o.set(unused, 0.0);
    }
    o.set("nesterov", false);
    o.set("accumulation", int64_t{1});
    o.set("beta_1", 0.9);
    o.set("beta_2", 0.999);
    o.set("epsilon", 1e-7);
    o.set("weight_decay", 0.01);
    if (clip > 0) o.set("global_clipnorm", clip);
    program_.loss = l;
    program_.optimizer = o;
    return program_;
  }

 private:
  static Attributes dropping(int stream, double rate) {
    Attributes a;
    a.set("limit", static_cast<int64_t>(limit_of(rate)));
    a.set("scale", static_cast<double>(scale_of(rate)));
    a.set("stream", static_cast<int64_t>(stream));
    return a;
  }

  ProgramSpec program_;
};

// A residual block around dropout and batch normalization, and an output that softmax turns.
ProgramSpec example() {
  Builder b(7);
  int x = b.relu(b.dense(b.normalize(0), 64));
  const int block = b.normalize(b.dropout(b.relu(b.dense(x, 64)), 0.25));
  x = b.op("add", {x, block}, 64);
  x = b.dense(x, 40);
  x = b.op("softmax", {x}, 40);
  return b.finish(x, "sparse_categorical_crossentropy");
}

// Without clipping the gradients of wide layers are used up for the update as they are computed:
// beside a residual, below and above 96 rows a batch, of a layer whose units are summed up in
// halves.
ProgramSpec free_example() {
  Builder b(7);
  int x = b.relu(b.dense(b.normalize(0), 64));
  x = b.op("add", {x, b.dropout(b.relu(b.dense(x, 64)), 0.25)}, 64);
  x = b.dense(b.relu(b.dense(x, 200)), 40);
  x = b.op("softmax", {x}, 40);
  return b.finish(x, "sparse_categorical_crossentropy", 0.0);
}

// Statistics of chunks of weighted rows, several times, on the way from the gathered rows too.
ProgramSpec chunked_example() {
  Builder b(7);
  int x = b.relu(b.dense(b.normalize(0, 5), 64));
  const int block = b.normalize(b.dropout(b.relu(b.dense(x, 64)), 0.25), 16);
  x = b.op("add", {x, block}, 64);
  x = b.dense(b.normalize(b.normalize(x), 2), 40);
  x = b.op("softmax", {x}, 40);
  return b.finish(x, "sparse_categorical_crossentropy");
}

// Narrow and without statistics: split by rows.
ProgramSpec narrow_example() {
  Builder b(7);
  int x = b.dropout(b.relu(b.dense(0, 48)), 0.25);
  x = b.op("add", {x, b.relu(b.dense(x, 48))}, 48);
  x = b.dense(b.dropout(b.dense(x, 20), 0.5), 40);
  x = b.op("softmax", {x}, 40);
  return b.finish(x, "sparse_categorical_crossentropy");
}

// Masked kernels of all shapes: wide, narrow, as many inputs as units; whole columns (because of
// the batch normalization) or not.
ProgramSpec masked_example(bool normalize) {
  Builder b(7);
  int x = b.relu(b.drop_connect(0, 64, 0.25));
  if (normalize) x = b.normalize(x);
  x = b.relu(b.drop_connect(b.drop_connect(x, 64, 0.5), 5, 0.25));
  x = b.dense(b.drop_connect(x, 20, 0.5), 40);
  x = b.op("softmax", {x}, 40);
  return b.finish(x, "sparse_categorical_crossentropy");
}

// Codes in the last two columns, that read a table each, or one together; wide, or split by rows.
ProgramSpec embedded_example(bool normalize, bool shared) {
  Builder b(7);
  int x = shared ? b.embed(0, {{5, 18}}, {0, 0}) : b.embed(0, {{5, 3}, {40, 20}}, {0, 1});
  x = b.relu(b.dense(normalize ? b.normalize(x) : x, 64));
  x = b.op("softmax", {b.dense(x, 40)}, 40);
  return b.finish(x, "sparse_categorical_crossentropy");
}

std::vector<float> get(const Network& network, Kept kept) {
  std::vector<float> all(static_cast<size_t>(network.count(kept)));
  network.dump(kept, all.data());
  return all;
}

template <typename F>
std::vector<float> set(Network& network, Kept kept, F next) {
  std::vector<float> all(static_cast<size_t>(network.count(kept)));
  for (float& v : all) v = next();
  network.load(kept, all.data());
  return all;
}

struct Result {
  std::vector<float> parameters, state, slots, predictions, out;
  std::vector<double> seen;
  double loss = 0, evaluated = 0;
};

// looks: with a look at every value in the last two batches of each call.
Result train(const ProgramSpec& program, int threads, int64_t batch_size, bool one_call,
             const std::vector<int32_t>& sizes = {}, bool looks = false) {
  Network network(program);
  if (looks) {
    std::vector<LookedValue> values;
    for (int v = 0; v < static_cast<int>(program.widths.size()); ++v) {
      values.push_back({v, v, {0.0f, -1.0f, 1.0f}, v == program.output, true});
    }
    network.look_at(values);
  }
  Data data(3);
  set(network, Kept::parameters, [&] { return 0.3f * data.normal(); });
  set(network, Kept::state, [] { return 1.0f; });
  constexpr int64_t rows = 150;
  std::vector<float> x(rows * 7), y(rows), weight(rows), rates(rows, 0.01f);
  std::vector<int64_t> order(rows);
  for (float& v : x) v = data.normal();
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 5; j < 7; ++j) x[static_cast<size_t>(i * 7 + j)] = data.uniform(0.0f, 5.0f);
    y[static_cast<size_t>(i)] = static_cast<float>(i % 40);
    weight[static_cast<size_t>(i)] = i % 7 == 3 ? 0.0f : data.uniform(0.0f, 2.0f);
    order[static_cast<size_t>(i)] = i * 77 % rows;
  }
  Result run;
  run.predictions.resize(rows * 40);
  TrainCall call;
  call.table = {x.data(), y.data(), weight.data(), rows};
  call.batch_size = batch_size;
  call.seed = 9;
  call.learning_rates = rates.data();
  call.threads = threads;
  for (int epoch = 0; epoch < 2; ++epoch) {
    if (one_call && !sizes.empty()) {
      call.sizes = sizes.data();
      call.batches = static_cast<int64_t>(sizes.size());
    }
    size_t batch = 0;
    for (int64_t first = 0; first < rows; first += call.count) {
      const int64_t size = sizes.empty() ? batch_size : sizes[batch++];
      call.order = order.data() + first;
      call.count = one_call ? rows : std::min(size, rows - first);
      call.predictions = run.predictions.data() + first * 40;
      const int64_t steps = (call.count + batch_size - 1) / batch_size;
      if (looks) call.look = {std::max<int64_t>(steps - 2, 0), steps, 10};
      run.loss = network.train(call).loss;
      if (!looks) continue;
      const Looks& seen = *network.looks();
      for (const auto* sums : {&seen.all(), &seen.training(), &seen.inference()}) {
        run.seen.insert(run.seen.end(), sums->rows.begin(), sums->rows.end());
      }
      for (double norm : seen.norms()) run.seen.push_back(norm);
    }
  }
  run.evaluated = network.evaluate(call.table, nullptr, threads);
  run.out.resize(rows * 40);
  network.predict(x.data(), rows, run.out.data(), threads);
  run.parameters = get(network, Kept::parameters);
  run.state = get(network, Kept::state);
  run.slots = get(network, Kept::slots);
  return run;
}

bool same(const Result& a, const Result& b) {
  return a.parameters == b.parameters && a.state == b.state && a.slots == b.slots &&
         a.predictions == b.predictions && a.out == b.out && a.evaluated == b.evaluated;
}

}  // namespace

// Norms over columns and over rows, and weights that must not be negative.
ProgramSpec constrained_example() {
  ProgramSpec program = chunked_example();
  int number = 0;
  for (SlotSpec& slot : program.parameters) {
    ConstraintSpec c;
    c.kind = number == 3 ? ConstraintSpec::Kind::non_negative : ConstraintSpec::Kind::norm;
    c.maximum = 0.5f;
    const int64_t units = slot.size % 8 == 0 ? 8 : 1;
    c.length = number % 2 == 0 ? slot.size / units : units;
    (number % 2 == 0 ? c.inner : c.outer) = slot.size / c.length;
    slot.constraint = c;
    number = (number + 1) % 4;
  }
  return program;
}

TEST(training_gives_the_same_bits_for_any_number_of_threads) {
  for (const ProgramSpec& program :
       {example(), free_example(), chunked_example(), narrow_example(), constrained_example(),
        masked_example(true), masked_example(false), embedded_example(true, false),
        embedded_example(false, false), embedded_example(true, true),
        embedded_example(false, true)}) {
    for (int64_t batch_size : {1, 32, 140, 200}) {
      const Result alone = train(program, 1, batch_size, true);
      CHECK(std::isfinite(alone.loss));
      for (int threads : {2, 3, 5}) {
        const Result team = train(program, threads, batch_size, true);
        CHECK(same(team, alone) && team.loss == alone.loss);
      }
      CHECK(same(train(program, 2, batch_size, false), alone));
    }
  }
}

TEST(looking_changes_nothing_and_sees_the_same_with_any_number_of_threads) {
  for (const ProgramSpec& program :
       {example(), free_example(), chunked_example(), narrow_example(), constrained_example(),
        masked_example(true), masked_example(false), embedded_example(true, true)}) {
    for (int64_t batch_size : {1, 32, 140, 200}) {
      const Result plain = train(program, 1, batch_size, true);
      const Result alone = train(program, 1, batch_size, true, {}, true);
      CHECK(same(alone, plain) && alone.loss == plain.loss);
      CHECK(alone.seen.size() > 0);
      for (int threads : {2, 3, 5}) {
        const Result team = train(program, threads, batch_size, true, {}, true);
        CHECK(same(team, plain) && team.seen == alone.seen);
      }
    }
  }
}

TEST(batches_may_have_any_sizes) {
  const std::vector<int32_t> sizes = {40, 39, 1, 40, 30};
  for (const ProgramSpec& program : {example(), masked_example(false)}) {
    const Result whole = train(program, 2, 40, true, sizes);
    CHECK(same(train(program, 1, 40, true, sizes), whole));
    CHECK(same(train(program, 2, 40, false, sizes), whole));
    CHECK(!same(train(program, 2, 40, true), whole));
  }
}

// Against the scalar definition: the masked kernel, what comes of it, and the gradients.
TEST(drop_connect_against_the_scalar_definition) {
  const std::vector<std::pair<int64_t, int64_t>> shapes = {
      {1, 1}, {3, 8}, {9, 9}, {20, 70}, {70, 20}};
  for (const auto& [inputs, units] : shapes) {
    for (double rate : {0.25, 0.5, 1.0}) {
      for (bool given : {false, true}) {
        const uint32_t limit = limit_of(rate);
        const float said = scale_of(rate);
        Builder b(inputs);
        Network network(
            b.finish(b.drop_connect(0, units, given ? 0.125 : rate), "mean_squared_error"));
        CallDropping dropping;
        if (given) dropping = {{}, {&limit, &said}};
        constexpr int64_t rows = 130;  // enough to be split by rows
        constexpr uint32_t step = 11;
        Data data(5);
        std::vector<float> x(static_cast<size_t>(rows * inputs));
        std::vector<float> y(static_cast<size_t>(rows * units));
        const auto weights = set(network, Kept::parameters, [&] { return data.normal(); });
        for (float& v : x) v = data.normal();
        for (float& v : y) v = data.normal();
        std::vector<double> kernel(static_cast<size_t>(inputs * units), 0.0);
        const double scale = rate < 1 ? 1 / (1 - rate) : 0;
        auto at = [](int64_t i, int64_t j, int64_t width) {
          return static_cast<size_t>(i * width + j);
        };
        for (int64_t i = 0; i < inputs; ++i) {
          for (int64_t j = 0; j < units; ++j) {
            const Threefry bits = threefry2x32(mix(9, 0), step, static_cast<uint32_t>(i),
                                               static_cast<uint32_t>(j / 4));
            const uint32_t lanes[4] = {bits.word0 & 0xffff, bits.word0 >> 16, bits.word1 & 0xffff,
                                       bits.word1 >> 16};
            if (lanes[j % 4] >= rate * 65536)
              kernel[at(i, j, units)] = weights[at(i, j, units)] * scale;
          }
        }
        const ProbeOutcome probe =
            network.probe({x.data(), y.data(), nullptr, rows}, true, 9, step, dropping, 2);
        const std::vector<float>&out = probe.values[1], &dy = probe.value_gradients[1];
        bool ok = true;
        for (int64_t n = 0; n < rows; ++n) {
          for (int64_t j = 0; j < units; ++j) {
            double sum = 0;
            for (int64_t i = 0; i < inputs; ++i)
              sum += x[at(n, i, inputs)] * kernel[at(i, j, units)];
            ok = ok && near(out[at(n, j, units)], sum, 1e-4);
          }
          for (int64_t i = 0; i < inputs; ++i) {
            double sum = 0;
            for (int64_t j = 0; j < units; ++j)
              sum += dy[at(n, j, units)] * kernel[at(i, j, units)];
            ok = ok && near(probe.value_gradients[0][at(n, i, inputs)], sum, 1e-4);
          }
        }
        for (int64_t i = 0; i < inputs; ++i) {
          for (int64_t j = 0; j < units; ++j) {
            double sum = 0;
            for (int64_t n = 0; n < rows; ++n) sum += x[at(n, i, inputs)] * dy[at(n, j, units)];
            const float gradient = probe.gradients[at(i, j, units)];
            const bool dropped = kernel[at(i, j, units)] == 0;
            ok = ok && (dropped ? same_bits(gradient, 0.0f) : near(gradient, sum * scale, 1e-4));
          }
        }
        CHECK_THAT(ok, "%d x %d, rate %g, said by the call: %d", static_cast<int>(inputs),
                   static_cast<int>(units), rate, static_cast<int>(given));
      }
    }
  }
}

// A call that says another rate for each batch is as many calls of networks with those rates.
TEST(rates_may_be_said_for_each_batch) {
  auto build = [](double rate) {
    Builder b(7);
    return b.finish(b.dense(b.drop_connect(b.dropout(0, rate), 20, rate), 1), "mean_squared_error");
  };
  constexpr int64_t rows = 30, batch_size = 10;
  const std::vector<double> said = {0.5, 0.0, 0.25};
  std::vector<uint32_t> limits;
  std::vector<float> scales;
  for (double rate : said) {
    limits.push_back(limit_of(rate));
    scales.push_back(scale_of(rate));
  }
  const LimitsAndScales both{limits.data(), scales.data()};
  std::vector<float> x(rows * 7), y(rows), learning(rows, 0.01f);
  Data data(4);
  for (float& v : x) v = data.normal();
  for (float& v : y) v = data.normal();
  TrainCall call;
  call.table = {x.data(), y.data(), nullptr, rows};
  call.count = rows;
  call.batch_size = batch_size;
  call.seed = 9;
  call.learning_rates = learning.data();
  call.threads = 2;
  Network scheduled(build(0.125));
  auto parameters = set(scheduled, Kept::parameters, [&] { return 0.3f * data.normal(); });
  auto slots = get(scheduled, Kept::slots);
  call.dropping = {{}, both, both};
  call.dropping.resize(5);
  scheduled.train(call);
  call.dropping.clear();
  for (int64_t batch = 0; batch < 3; ++batch) {
    Network fixed(build(said[static_cast<size_t>(batch)]));
    fixed.load(Kept::parameters, parameters.data());
    fixed.load(Kept::slots, slots.data());
    fixed.set_step(batch);
    call.table.x = x.data() + batch * batch_size * 7;
    call.table.y = y.data() + batch * batch_size;
    call.count = batch_size;
    fixed.train(call);
    parameters = get(fixed, Kept::parameters);
    slots = get(fixed, Kept::slots);
  }
  CHECK(get(scheduled, Kept::parameters) == parameters && get(scheduled, Kept::slots) == slots);
}

// Against the scalar definition: vectors, and their gradients added up by code.
TEST(embedding_against_the_scalar_definition) {
  constexpr int64_t rows = 130, passing = 3, inputs = 6, width = 3 + 2 * 4 + 5;
  const std::vector<std::pair<int64_t, int64_t>> shapes = {{9, 4}, {300, 5}};
  const std::vector<int64_t> tables = {0, 1, 0};
  Builder b(inputs);
  Network network(b.finish(b.embed(0, shapes, tables), "mean_squared_error"));
  Data data(6);
  std::vector<float> x(rows * inputs), y(rows * width);
  const auto weights = set(network, Kept::parameters, [&] { return data.normal(); });
  for (float& v : x) v = data.normal();
  for (float& v : y) v = data.normal();
  auto size_of = [&](size_t k) { return shapes[static_cast<size_t>(tables[k])].first; };
  for (int64_t i = 0; i < rows; ++i)
    for (size_t k = 0; k < 3; ++k)
      x[static_cast<size_t>(i * inputs + passing) + k] =
          data.uniform(0.0f, static_cast<float>(size_of(k)));
  const ProbeOutcome alone = network.probe({x.data(), y.data(), nullptr, rows}, true, 0, 0, {}, 1);
  const ProbeOutcome team = network.probe({x.data(), y.data(), nullptr, rows}, true, 0, 0, {}, 3);
  CHECK(alone.gradients == team.gradients && alone.values == team.values);
  std::vector<double> expected(weights.size(), 0.0);
  const std::vector<float>&out = alone.values[1], &dy = alone.value_gradients[1];
  bool ok = true;
  for (size_t i = 0; i < rows; ++i) {
    size_t j = 0;
    for (; j < passing; ++j) ok = ok && same_bits(out[i * width + j], x[i * inputs + j]);
    for (size_t k = 0; k < 3; ++k) {
      const auto code = static_cast<size_t>(x[i * inputs + passing + k]);
      const size_t dim = tables[k] == 0 ? 4 : 5, begin = (tables[k] == 0 ? 0 : 9 * 4) + code * dim;
      for (size_t d = 0; d < dim; ++d, ++j) {
        ok = ok && same_bits(out[i * width + j], weights[begin + d]);
        expected[begin + d] += dy[i * width + j];
      }
      ok = ok && same_bits(alone.value_gradients[0][i * inputs + passing + k], 0.0f);
    }
  }
  for (size_t at = 0; at < expected.size(); ++at) {
    const double penalty = 2e-4 * weights[at];
    ok = ok && near(alone.gradients[at], expected[at] + penalty, 1e-6);
  }
  CHECK(ok);
}

TEST(the_watcher_stops_an_epoch_between_steps) {
  Network network(example());
  set(network, Kept::parameters, [] { return 0.1f; });
  std::vector<float> x(20000 * 7, 0.5f), y(20000, 1.0f), rates(20000, 0.001f);
  TrainCall call;
  call.table = {x.data(), y.data(), nullptr, 20000};
  call.count = 20000;
  call.batch_size = 1;
  call.learning_rates = rates.data();
  call.threads = 2;
  call.watch = [](int64_t, double) { return true; };
  const TrainOutcome outcome = network.train(call);
  CHECK(outcome.stopped);
  CHECK(outcome.steps > 0 && outcome.steps < 20000);
  CHECK(network.step() == outcome.steps);
}

TEST(an_unknown_op_is_refused_by_name) {
  Builder b(3);
  const int x = b.op("convolution", {0}, 3);
  bool named = false;
  try {
    Network network(b.finish(x, "mean_squared_error"));
  } catch (const std::invalid_argument& error) {
    named = std::string(error.what()).find("convolution") != std::string::npos;
  }
  CHECK(named);
}

}  // namespace trimtab::test
