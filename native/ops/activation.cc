#include <stdexcept>

#include "workspace.h"

namespace trimtab {
namespace {

Activation function_called(const std::string& name) {
  struct Row {
    const char* name;
    Activation function;
  };
  constexpr Row rows[] = {
      {"relu", Activation::relu},
      {"tanh", Activation::tanh},
      {"sigmoid", Activation::sigmoid},
      {"elu", Activation::elu},
      {"selu", Activation::selu},
      {"gelu", Activation::gelu},
      {"gelu_tanh", Activation::gelu_tanh},
      {"silu", Activation::silu},
      {"softplus", Activation::softplus},
      {"celu", Activation::celu},
      {"exponential", Activation::exponential},
      {"hard_shrink", Activation::hard_shrink},
      {"hard_sigmoid", Activation::hard_sigmoid},
      {"hard_silu", Activation::hard_silu},
      {"hard_tanh", Activation::hard_tanh},
      {"log_sigmoid", Activation::log_sigmoid},
      {"mish", Activation::mish},
      {"soft_shrink", Activation::soft_shrink},
      {"softsign", Activation::softsign},
      {"sparse_plus", Activation::sparse_plus},
      {"sparse_sigmoid", Activation::sparse_sigmoid},
      {"squareplus", Activation::squareplus},
      {"tanh_shrink", Activation::tanh_shrink},
      {"threshold", Activation::threshold},
  };
  for (const Row& row : rows) {
    if (name == row.name) return row.function;
  }
  throw std::invalid_argument("the native engine has no activation called '" + name + "'");
}

class ActivationOp final : public Op {
 public:
  explicit ActivationOp(const OpSpec& spec) : Op(spec) {
    settings_.function = function_called(spec.attributes.text("function"));
    settings_.alpha = static_cast<float>(spec.attributes.number("alpha"));
    settings_.b = static_cast<float>(spec.attributes.number("b"));
    settings_.default_value = static_cast<float>(spec.attributes.number("default_value"));
    settings_.negative_slope = static_cast<float>(spec.attributes.number("negative_slope"));
    settings_.threshold = static_cast<float>(spec.attributes.number("threshold"));
    settings_.max_value = static_cast<float>(spec.attributes.number("max_value"));
  }

  Needs backward_needs() const override { return {activation_needs_input(settings_), true}; }
  bool may_overwrite() const override { return true; }
  bool may_overwrite_gradient() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const Split how = w.split(output());
    const int64_t n = y->width;
    auto run = w.kernels().activation.forward;
    w.add({"activation",
           how,
           n,
           true,
           {w.reads(x, how), w.writes(y, how)},
           [=, p = settings_](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(p, t.rows.size(), t.columns.size(), x->data + at, n, y->data + at, n);
           }});
  }

  void backward(Workspace& w) const override {
    const Block* dx = w.input_gradient(*this, 0);
    if (dx == nullptr) return;
    const Block *x = w.value(input()), *y = w.value(output()), *dy = w.gradient(output());
    const Split how = w.split(output());
    const int64_t n = y->width;
    auto run = w.kernels().activation.backward;
    w.add({"activation backward",
           how,
           n,
           true,
           {w.reads(x, how), w.reads(y, how), w.reads(dy, how), w.writes(dx, how)},
           [=, p = settings_](const Pass&, const Tile& t) {
             const int64_t at = t.rows.begin * n + t.columns.begin;
             run(p, t.rows.size(), t.columns.size(), x->data + at, n, y->data + at, n,
                 dy->data + at, n, dx->data + at, n);
           }});
  }

 private:
  ActivationParameters settings_;
};

}  // namespace

std::unique_ptr<Op> make_activation(const OpSpec& spec) {
  return std::make_unique<ActivationOp>(spec);
}

}  // namespace trimtab
