// Whole networks without Python; under the thread sanitizer this checks the plan's barriers.
#include "network.h"

#include <algorithm>

#include "tests/check.h"

namespace trimtab::test {
namespace {

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
    Attributes a;
    a.set("rate", rate);
    a.set("limit", static_cast<int64_t>(rate * 65536));
    a.set("share_rows", false);
    a.set("share_columns", false);
    a.set("stream", static_cast<int64_t>(x));
    return op("dropout", {x}, program_.widths[static_cast<size_t>(x)], a);
  }
  int normalize(int x) {
    const int64_t width = program_.widths[static_cast<size_t>(x)];
    Attributes a;
    a.set("momentum", 0.9);
    a.set("epsilon", 1e-3);
    a.set("scale", true);
    a.set("center", true);
    a.set("frozen", false);
    const int y = op("batch_normalization", {x}, width, a);
    parameter(width);
    parameter(width);
    state(width);
    state(width);
    return y;
  }
  ProgramSpec finish(int output, const char* loss) {
    program_.output = output;
    Attributes l, o;
    l.set("loss", std::string(loss));
    l.set("label_smoothing", 0.0);
    o.set("rule", std::string("adam"));
    o.set("beta_1", 0.9);
    o.set("beta_2", 0.999);
    o.set("epsilon", 1e-7);
    o.set("weight_decay", 0.01);
    o.set("global_clipnorm", 1.0);
    program_.loss = l;
    program_.optimizer = o;
    return program_;
  }

 private:
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

// Narrow and without statistics: split by rows.
ProgramSpec narrow_example() {
  Builder b(7);
  int x = b.dropout(b.relu(b.dense(0, 48)), 0.25);
  x = b.op("add", {x, b.relu(b.dense(x, 48))}, 48);
  x = b.dense(b.dropout(b.dense(x, 20), 0.5), 40);
  x = b.op("softmax", {x}, 40);
  return b.finish(x, "sparse_categorical_crossentropy");
}

struct Result {
  std::vector<float> parameters, state, slots, predictions, out;
  double loss = 0, evaluated = 0;
};

Result train(const ProgramSpec& program, int threads, int64_t batch_size, bool one_call) {
  Network network(program);
  Data data(3);
  for (float& p : network.parameters()) p = 0.3f * data.normal();
  std::fill(network.state().begin(), network.state().end(), 1.0f);
  constexpr int64_t rows = 150;
  std::vector<float> x(rows * 7), y(rows), weight(rows), rates(rows, 0.01f);
  std::vector<int64_t> order(rows);
  for (float& v : x) v = data.normal();
  for (int64_t i = 0; i < rows; ++i) {
    y[static_cast<size_t>(i)] = static_cast<float>(i % 40);
    weight[static_cast<size_t>(i)] = data.uniform(0.0f, 2.0f);
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
    const int64_t chunk = one_call ? rows : batch_size;
    for (int64_t first = 0; first < rows; first += chunk) {
      call.order = order.data() + first;
      call.count = std::min(chunk, rows - first);
      call.predictions = run.predictions.data() + first * 40;
      run.loss = network.train(call).loss;
    }
  }
  run.evaluated = network.evaluate(call.table, nullptr, threads);
  run.out.resize(rows * 40);
  network.predict(x.data(), rows, run.out.data(), threads);
  run.parameters = network.parameters();
  run.state = network.state();
  run.slots = network.slots();
  return run;
}

bool same(const Result& a, const Result& b) {
  return a.parameters == b.parameters && a.state == b.state && a.slots == b.slots &&
         a.predictions == b.predictions && a.out == b.out && a.evaluated == b.evaluated;
}

}  // namespace

TEST(training_gives_the_same_bits_for_any_number_of_threads) {
  for (const ProgramSpec& program : {example(), narrow_example()}) {
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

TEST(the_watcher_stops_an_epoch_between_steps) {
  Network network(example());
  std::fill(network.parameters().begin(), network.parameters().end(), 0.1f);
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
