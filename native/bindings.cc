// The extension module: plain arrays and dicts in, plain arrays and tuples out. What the arguments
// mean is documented in src/trimtab/engines/base.py.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <thread>
#include <tuple>

#include "kernels/levels.h"
#include "matmul.h"
#include "network.h"
#include "peak.h"
#include "random.h"

namespace nb = nanobind;

namespace {

using namespace trimtab;

using Vector = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Matrix = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Order = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Limits = nb::ndarray<const uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Sizes = nb::ndarray<const int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// A new NumPy array.
template <typename T>
struct NewArray {
  explicit NewArray(std::vector<size_t> shape) : shape_(std::move(shape)) {
    size_t count = 1;
    for (size_t n : shape_) count *= n;
    data = new T[count > 0 ? count : 1];
    owner_ = nb::capsule(data, [](void* p) noexcept { delete[] static_cast<T*>(p); });
  }
  nb::object object() const {
    return nb::cast(nb::ndarray<nb::numpy, T>(data, shape_.size(), shape_.data(), owner_));
  }
  T* data;

 private:
  std::vector<size_t> shape_;
  nb::capsule owner_;
};

nb::object array_of(const std::vector<float>& values) {
  NewArray<float> array({values.size()});
  std::copy(values.begin(), values.end(), array.data);
  return array.object();
}

nb::object matrix_of(const std::vector<float>& values, size_t rows) {
  NewArray<float> array({rows, rows > 0 ? values.size() / rows : 0});
  std::copy(values.begin(), values.end(), array.data);
  return array.object();
}

// -- the program ----------------------------------------------------------------------------------

template <typename T>
std::vector<T> numbers_of(nb::handle sequence) {
  std::vector<T> numbers;
  for (nb::handle item : sequence) numbers.push_back(nb::cast<T>(item));
  return numbers;
}

template <class Kind>
bool is_list_of(nb::handle value) {
  if (!nb::isinstance<nb::tuple>(value)) return false;
  for (nb::handle item : value) {
    if (!nb::isinstance<Kind>(item)) return false;
  }
  return true;
}

Attributes attributes_of(const nb::dict& record) {
  Attributes attributes;
  for (auto [key, value] : record) {
    const std::string name = nb::cast<std::string>(key);
    if (value.is_none()) continue;  // absent
    if (nb::isinstance<nb::bool_>(value)) {
      attributes.set(name, nb::cast<bool>(value));
    } else if (nb::isinstance<nb::int_>(value)) {
      attributes.set(name, nb::cast<int64_t>(value));
    } else if (nb::isinstance<nb::float_>(value)) {
      attributes.set(name, nb::cast<double>(value));
    } else if (nb::isinstance<nb::str>(value)) {
      attributes.set(name, nb::cast<std::string>(value));
    } else if (is_list_of<nb::int_>(value)) {
      attributes.set(name, numbers_of<int64_t>(value));
    } else if (is_list_of<nb::float_>(value)) {
      attributes.set(name, numbers_of<double>(value));
    }
  }
  return attributes;
}

std::optional<ConstraintSpec> constraint_of(nb::handle item) {
  if (item.is_none()) return std::nullopt;
  const Attributes a = attributes_of(nb::cast<nb::dict>(item));
  ConstraintSpec spec;
  const std::string& kind = a.text("kind");
  if (kind == "norm") {
    spec.kind = ConstraintSpec::Kind::norm;
  } else if (kind != "non_negative") {
    throw std::invalid_argument("the native engine has no constraint called '" + kind + "'");
  }
  spec.minimum = static_cast<float>(a.number("minimum"));
  spec.maximum = static_cast<float>(a.number("maximum"));
  spec.rate = static_cast<float>(a.number("rate"));
  spec.outer = a.integer("outer");
  spec.length = a.integer("length");
  spec.inner = a.integer("inner");
  return spec;
}

std::vector<SlotSpec> slots_of(nb::handle list) {
  std::vector<SlotSpec> slots;
  for (nb::handle item : list) {
    const nb::dict record = nb::cast<nb::dict>(item);
    SlotSpec slot;
    slot.name = nb::cast<std::string>(record["name"]);
    slot.offset = nb::cast<int64_t>(record["offset"]);
    slot.size = nb::cast<int64_t>(record["size"]);
    slot.trainable = nb::cast<bool>(record["trainable"]);
    slot.l1 = static_cast<float>(nb::cast<double>(record["l1"]));
    slot.l2 = static_cast<float>(nb::cast<double>(record["l2"]));
    slot.constraint = constraint_of(record["constraint"]);
    slot.decays = nb::cast<bool>(record["decays"]);
    slots.push_back(std::move(slot));
  }
  return slots;
}

ProgramSpec program_of(const nb::dict& record) {
  ProgramSpec program;
  program.widths = numbers_of<int64_t>(record["widths"]);
  program.output = nb::cast<int>(record["output"]);
  program.parameters = slots_of(record["parameters"]);
  program.state = slots_of(record["state"]);
  for (nb::handle item : nb::cast<nb::list>(record["ops"])) {
    const nb::dict op = nb::cast<nb::dict>(item);
    OpSpec spec;
    spec.kind = nb::cast<std::string>(op["kind"]);
    spec.inputs = numbers_of<int>(op["inputs"]);
    spec.output = nb::cast<int>(op["output"]);
    spec.parameters = numbers_of<int>(op["parameters"]);
    spec.state = numbers_of<int>(op["state"]);
    spec.attributes = attributes_of(op);
    program.ops.push_back(std::move(spec));
  }
  if (!record["loss"].is_none()) {
    const nb::dict loss = nb::cast<nb::dict>(record["loss"]);
    program.loss = attributes_of(loss);
    if (loss.contains("parts")) {
      for (nb::handle part : nb::cast<nb::list>(loss["parts"])) {
        const Attributes a = attributes_of(nb::cast<nb::dict>(part));
        program.losses.push_back({a, a.integer("start"), a.integer("outputs"),
                                  static_cast<float>(a.number("weight")), a.flag("weighted")});
      }
    }
  }
  if (!record["optimizer"].is_none()) {
    program.optimizer = attributes_of(nb::cast<nb::dict>(record["optimizer"]));
  }
  return program;
}

// -- the end of the process -----------------------------------------------------------------------

// A daemon thread may be training when Python ends. Taking the GIL then would end the thread by an
// unwinding that C++ does not survive, so such a thread stops its work and is never heard of again.
// The thread that ends Python keeps the GIL and goes on: other exit hooks may still predict.
std::atomic<bool> process_ends{false};
thread_local bool this_thread_ends_it = false;

bool too_late() { return process_ends && !this_thread_ends_it; }

std::atomic<int> calls_under_way{0};
thread_local int calls_of_this_thread = 0;

// Without the GIL for the length of a call.
class WithoutGil {
 public:
  WithoutGil() {
    ++calls_of_this_thread;
    ++calls_under_way;
    state_ = PyEval_SaveThread();
  }
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;
  ~WithoutGil() {
    if (too_late()) {
      --calls_under_way;
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
    PyEval_RestoreThread(state_);
    --calls_under_way;
    --calls_of_this_thread;
  }

 private:
  PyThreadState* state_;
};

// A forked child has the thread that forked and none of the others: their calls never end in it,
// and what they hold is not a leak to warn of.
void start_anew_in_child() {
  if (calls_under_way > calls_of_this_thread) nb::set_leak_warnings(false);
  calls_under_way = calls_of_this_thread;
}

// Called when Python is about to end: waits, for a while, until nobody is inside the engine.
void stop() {
  this_thread_ends_it = true;
  process_ends = true;
  if (calls_under_way > 0) nb::set_leak_warnings(false);  // what they hold, they hold for ever
  nb::gil_scoped_release release;
  for (int i = 0; i < 10000 && calls_under_way > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// -- calls ----------------------------------------------------------------------------------------

void require(bool condition, const std::string& message) {
  if (!condition) throw std::invalid_argument(message);
}

// The checks here protect memory; friendly messages are Python's business.
Table table_of(Network& network, const Matrix& x, const std::optional<Matrix>& y,
               const std::optional<Vector>& weight) {
  require(static_cast<int64_t>(x.shape(1)) == network.program().widths[0], "x has the wrong width");
  Table table;
  table.x = x.data();
  table.rows = static_cast<int64_t>(x.shape(0));
  if (y) {
    require(y->shape(0) == x.shape(0), "x and y differ in rows");
    require(static_cast<int64_t>(y->shape(1)) == network.target_width(), "y has the wrong width");
    table.y = y->data();
  }
  if (weight) {
    require(weight->shape(0) == x.shape(0), "x and weight differ in rows");
    table.weight = weight->data();
  }
  return table;
}

// Limits and scales by value number, in memory that lives as long as this.
class GivenDropping {
 public:
  GivenDropping(const Network& network, const std::optional<nb::dict>& given, int64_t steps) {
    if (!given) return;
    by_value.resize(network.program().widths.size());
    for (auto [key, value] : *given) {
      const int64_t number = nb::cast<int64_t>(key);
      require(number >= 0 && number < static_cast<int64_t>(by_value.size()),
              "there is no such value");
      auto [limits, scales] = nb::cast<std::pair<Limits, Vector>>(value, false);
      require(static_cast<int64_t>(std::min(limits.shape(0), scales.shape(0))) >= steps,
              "too few limits or scales");
      by_value[static_cast<size_t>(number)] = {limits.data(), scales.data()};
      held_.emplace_back(std::move(limits), std::move(scales));
    }
  }
  CallDropping by_value;

 private:
  std::vector<std::pair<Limits, Vector>> held_;
};

nb::tuple train(Network& network, Matrix x, Matrix y, std::optional<Vector> weight,
                std::optional<Order> order, int64_t batch_size, uint64_t seed,
                Vector learning_rates, std::optional<Sizes> sizes, std::optional<nb::dict> dropping,
                bool predictions, nb::object watch,
                std::optional<std::tuple<int64_t, int64_t, int64_t>> look, int threads) {
  require(network.program().loss.has_value(), "the program has no loss");
  TrainCall call;
  call.table = table_of(network, x, y, weight);
  call.count = order ? static_cast<int64_t>(order->shape(0)) : call.table.rows;
  call.order = order ? order->data() : nullptr;
  require(batch_size >= 1, "batch_size must be positive");
  int64_t steps = (call.count + batch_size - 1) / batch_size;
  if (sizes) {
    call.sizes = sizes->data();
    steps = call.batches = static_cast<int64_t>(sizes->shape(0));
    int64_t left = call.count;
    for (int64_t i = 0; i < steps; ++i) {
      require(call.sizes[i] >= 1 && call.sizes[i] <= batch_size, "a batch has a wrong size");
      left -= call.sizes[i];
    }
    require(left == 0, "the sizes of the batches do not add up to the rows");
  }
  const GivenDropping given(network, dropping, steps);
  call.dropping = given.by_value;
  require(static_cast<int64_t>(learning_rates.shape(0)) >= steps, "too few learning rates");
  if (order) {
    for (int64_t i = 0; i < call.count; ++i) {
      if (call.order[i] < 0 || call.order[i] >= call.table.rows) {
        throw std::invalid_argument("order points outside x");
      }
    }
  }
  call.batch_size = batch_size;
  call.seed = seed;
  call.learning_rates = learning_rates.data();
  call.threads = threads;
  if (look) {
    std::tie(call.look.first, call.look.stop, call.look.paired) = *look;
    require(network.looks() != nullptr, "nothing is looked at");
    require(0 <= call.look.first && call.look.first < call.look.stop && call.look.stop <= steps,
            "there are no such batches to look at");
  }
  NewArray<float> predicted({predictions ? static_cast<size_t>(call.count) : 0,
                             static_cast<size_t>(network.program().output_width())});
  call.predictions = predictions ? predicted.data : nullptr;

  // The watcher runs on this thread between steps. An exception (Ctrl-C among them) stops the
  // epoch after the step and is raised once the team is done.
  std::optional<nb::python_error> raised;
  call.watch = [&](int64_t done, double loss) {
    if (too_late()) return true;
    nb::gil_scoped_acquire hold;
    try {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      return !watch.is_none() && nb::cast<bool>(nb::bool_(watch(done, loss)));
    } catch (nb::python_error& error) {
      raised.emplace(std::move(error));
      return true;
    }
  };
  TrainOutcome outcome;
  {
    WithoutGil release;
    outcome = network.train(call);
  }
  nb::tuple result =
      nb::make_tuple(outcome.loss, outcome.steps, predictions ? predicted.object() : nb::none(),
                     outcome.stopped, outcome.loss_sum);
  if (raised) {
    // How far it came travels with the exception, so that the epoch can go on exactly there.
    nb::setattr(raised->value(), "partial", result);
    throw std::move(*raised);
  }
  return result;
}

void look_at(Network& network, const nb::list& values) {
  std::vector<LookedValue> looked;
  for (nb::handle item : values) {
    auto [value, compared, off, low, high, likeliest, paired] =
        nb::cast<std::tuple<int, int, float, float, float, bool, bool>>(item);
    const auto& widths = network.program().widths;
    const int count = static_cast<int>(widths.size());
    require(0 <= value && value < count && 0 <= compared && compared < count &&
                widths[static_cast<size_t>(value)] == widths[static_cast<size_t>(compared)],
            "there is no such value to look at");
    looked.push_back({value, compared, {off, low, high}, likeliest, paired});
  }
  network.look_at(std::move(looked));
}

nb::tuple looked(Network& network) {
  require(network.looks() != nullptr, "nothing is looked at");
  const Looks& looks = *network.looks();
  auto rows_of = [](const std::vector<double>& values, size_t rows, size_t width) {
    NewArray<double> array({rows, width});
    std::copy_n(values.begin(), rows * width, array.data);
    return array.object();
  };
  auto sums_of = [&](const Looks::Sums& sums, size_t rows) {
    return rows_of(sums.rows, rows, static_cast<size_t>(sums.width));
  };
  const std::vector<double> norms = looks.norms();
  return nb::make_tuple(looks.rows(), sums_of(looks.all(), 5), sums_of(looks.training(), 2),
                        sums_of(looks.inference(), 2), rows_of(norms, norms.size() / 3, 3),
                        array_of(looks.state()));
}

nb::tuple evaluate(Network& network, Matrix x, Matrix y, std::optional<Vector> weight,
                   bool predictions, int threads) {
  require(network.program().loss.has_value(), "the program has no loss");
  const Table table = table_of(network, x, y, weight);
  require(table.rows > 0, "x has no rows");
  NewArray<float> predicted(
      {predictions ? x.shape(0) : 0, static_cast<size_t>(network.program().output_width())});
  double loss;
  {
    WithoutGil release;
    loss = network.evaluate(table, predictions ? predicted.data : nullptr, threads);
  }
  return nb::make_tuple(loss, predictions ? predicted.object() : nb::none());
}

nb::object predict(Network& network, Matrix x, int threads) {
  const Table table = table_of(network, x, std::nullopt, std::nullopt);
  NewArray<float> out({x.shape(0), static_cast<size_t>(network.program().output_width())});
  {
    WithoutGil release;
    network.predict(table.x, table.rows, out.data, threads);
  }
  return out.object();
}

nb::object forward(Network& network, Matrix x, std::optional<Vector> mask, bool training,
                   uint64_t seed, int64_t step, bool update, std::optional<nb::dict> dropping,
                   int threads) {
  const GivenDropping given(network, dropping, 1);
  const Table table = table_of(network, x, std::nullopt, mask);
  NewArray<float> out({x.shape(0), static_cast<size_t>(network.program().output_width())});
  {
    WithoutGil release;
    network.forward(table.x, table.rows, table.weight, training, seed, step, update, given.by_value,
                    out.data, threads);
  }
  return out.object();
}

nb::tuple probe(Network& network, Matrix x, std::optional<Matrix> y, std::optional<Vector> weight,
                bool training, uint64_t seed, int64_t step, std::optional<nb::dict> dropping,
                int threads) {
  const GivenDropping given(network, dropping, 1);
  const Table table = table_of(network, x, y, weight);
  ProbeOutcome outcome;
  {
    WithoutGil release;
    outcome = network.probe(table, training, seed, step, given.by_value, threads);
  }
  nb::list values, value_gradients;
  for (const auto& value : outcome.values) values.append(matrix_of(value, x.shape(0)));
  for (const auto& value : outcome.value_gradients) {
    value_gradients.append(matrix_of(value, x.shape(0)));
  }
  const bool targets = !outcome.value_gradients.empty();
  return nb::make_tuple(values, outcome.loss, targets ? array_of(outcome.gradients) : nb::none(),
                        value_gradients);
}

void load(Network& network, Vector parameters, Vector state, Vector slots, int64_t step) {
  auto copy = [&](const Vector& from, Kept kept, const char* what) {
    require(static_cast<int64_t>(from.shape(0)) == network.count(kept),
            std::string(what) + " have the wrong length");
    network.load(kept, from.data());
  };
  copy(parameters, Kept::parameters, "parameters");
  copy(state, Kept::state, "state");
  copy(slots, Kept::slots, "slots");
  network.set_step(step);
}

nb::tuple dump(const Network& network) {
  auto copy = [&](Kept kept) {
    NewArray<float> array({static_cast<size_t>(network.count(kept))});
    network.dump(kept, array.data);
    return array.object();
  };
  return nb::make_tuple(copy(Kept::parameters), copy(Kept::state), copy(Kept::slots),
                        network.step());
}

// The signature that Cython writes into the capsule of scipy.linalg.cython_blas.sgemm.
void use_blas(nb::object capsule) {
  if (capsule.is_none()) return set_blas(nullptr);
  const char* name = PyCapsule_GetName(capsule.ptr());
  if (name == nullptr && PyErr_Occurred()) throw nb::python_error();
  constexpr const char* expected =
      "void (char *, char *, int *, int *, int *, __pyx_t_5scipy_6linalg_11cython_blas_s *, "
      "__pyx_t_5scipy_6linalg_11cython_blas_s *, int *, __pyx_t_5scipy_6linalg_11cython_blas_s *, "
      "int *, __pyx_t_5scipy_6linalg_11cython_blas_s *, __pyx_t_5scipy_6linalg_11cython_blas_s *, "
      "int *)";
  require(name != nullptr && std::strcmp(name, expected) == 0,
          std::string("scipy.linalg.cython_blas.sgemm has another signature than trimtab was built "
                      "for: ") +
              (name == nullptr ? "none" : name));
  void* pointer = PyCapsule_GetPointer(capsule.ptr(), name);
  if (pointer == nullptr) throw nb::python_error();
  set_blas(reinterpret_cast<Sgemm>(pointer));
}

nb::object draw(int64_t count, const std::function<void(float*)>& fill) {
  require(count >= 0, "count must not be negative");
  NewArray<float> out({static_cast<size_t>(count)});
  fill(out.data);
  return out.object();
}

uint32_t low_word(uint64_t value) { return static_cast<uint32_t>(value); }

}  // namespace

NB_MODULE(_native, m) {
  m.doc() = "trimtab's native engine";
#ifdef NDEBUG
  // A process that ends while a thread still trains (a second Ctrl-C) frees nothing. Its user needs
  // no list of functions; a debug build still gives one.
  nb::set_leak_warnings(false);
#endif

  nb::class_<Network>(m, "Network")
      .def(
          "__init__",
          [](Network* self, const nb::dict& record) { new (self) Network(program_of(record)); },
          nb::arg("record"))
      .def("load", &load, nb::arg("parameters").noconvert(), nb::arg("state").noconvert(),
           nb::arg("slots").noconvert(), nb::arg("step"))
      .def("dump", &dump)
      .def("train", &train, nb::arg("x").noconvert(), nb::arg("y").noconvert(),
           nb::arg("weight").noconvert().none(), nb::arg("order").noconvert().none(),
           nb::arg("batch_size"), nb::arg("seed"), nb::arg("learning_rates").noconvert(),
           nb::arg("sizes").noconvert().none(), nb::arg("dropping").none(), nb::arg("predictions"),
           nb::arg("watch").none(), nb::arg("look").none(), nb::arg("threads"))
      .def("look_at", &look_at, nb::arg("values"))
      .def("looked", &looked)
      .def("evaluate", &evaluate, nb::arg("x").noconvert(), nb::arg("y").noconvert(),
           nb::arg("weight").noconvert().none(), nb::arg("predictions"), nb::arg("threads"))
      .def("predict", &predict, nb::arg("x").noconvert(), nb::arg("threads"))
      .def("forward", &forward, nb::arg("x").noconvert(), nb::arg("mask").noconvert().none(),
           nb::arg("training"), nb::arg("seed"), nb::arg("step"), nb::arg("update"),
           nb::arg("dropping").none(), nb::arg("threads"))
      .def("probe", &probe, nb::arg("x").noconvert(), nb::arg("y").noconvert().none(),
           nb::arg("weight").noconvert().none(), nb::arg("training"), nb::arg("seed"),
           nb::arg("step"), nb::arg("dropping").none(), nb::arg("threads"))
      .def("barriers", &Network::barriers, nb::arg("batch_size"))
      .def("time_phases", &Network::time_phases, nb::arg("on"))
      .def("phase_times", [](const Network& network) {
        nb::list phases;
        for (const Network::TimedPhase& timed : network.phase_times()) {
          phases.append(nb::make_tuple(timed.name, timed.work, timed.wait));
        }
        return phases;
      });

  pthread_atfork(nullptr, nullptr, &start_anew_in_child);
  m.def("stop", &stop);
  m.def("use_blas", &use_blas, nb::arg("capsule").none());
  m.def("uses_blas", &uses_blas);
  m.def(
      "peak_flops",
      [](double seconds, int threads) {
        require(seconds > 0 && seconds <= 60, "seconds must be above 0 and at most 60");
        require(threads >= 1, "threads must be at least 1");
        nb::gil_scoped_release release;
        return peak_flops(seconds, threads);
      },
      nb::arg("seconds"), nb::arg("threads"));
  m.def("level", [] { return std::string(kernels().level); });
  m.def("available_levels", [] {
    std::vector<std::string> names;
    for (const char* const* name = available_levels(); *name != nullptr; ++name) {
      names.emplace_back(*name);
    }
    return names;
  });
  m.def(
      "force_level", [](const std::string& name) { return force_level(name.c_str()); },
      nb::arg("name"));

  m.def(
      "threefry2x32",
      [](uint32_t key0, uint32_t key1, uint32_t counter0, uint32_t counter1) {
        const Threefry words = threefry2x32(key0, key1, counter0, counter1);
        return nb::make_tuple(words.word0, words.word1);
      },
      nb::arg("key0"), nb::arg("key1"), nb::arg("counter0"), nb::arg("counter1"));
  m.def("mix", &mix, nb::arg("seed"), nb::arg("stream"));
  m.def(
      "derive",
      [](uint64_t seed, uint32_t stream, uint64_t index) {
        const Threefry words =
            threefry2x32(mix(seed, stream), low_word(index >> 32), low_word(index), 0x64657269u);
        return (static_cast<uint64_t>(words.word1) << 32) | words.word0;
      },
      nb::arg("seed"), nb::arg("stream"), nb::arg("index"));
  m.def(
      "uniform",
      [](uint64_t seed, uint32_t stream, uint64_t index, int64_t count) {
        return draw(count,
                    [&](float* out) { uniform(mix(seed, stream), low_word(index), count, out); });
      },
      nb::arg("seed"), nb::arg("stream"), nb::arg("index"), nb::arg("count"));
  m.def(
      "normal",
      [](uint64_t seed, uint32_t stream, uint64_t index, int64_t count, bool truncated) {
        return draw(count, [&](float* out) {
          normal(mix(seed, stream), low_word(index), count, truncated, out);
        });
      },
      nb::arg("seed"), nb::arg("stream"), nb::arg("index"), nb::arg("count"), nb::arg("truncated"));
  m.def(
      "permutation",
      [](uint64_t seed, uint32_t stream, uint64_t index, int64_t count) {
        require(count >= 0, "count must not be negative");
        NewArray<int64_t> out({static_cast<size_t>(count)});
        {
          nb::gil_scoped_release release;  // many models draw their orders at a time
          permutation(mix(seed, stream), low_word(index), count, out.data);
        }
        return out.object();
      },
      nb::arg("seed"), nb::arg("stream"), nb::arg("index"), nb::arg("count"));
}
