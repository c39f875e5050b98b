#include "workspace.h"

namespace trimtab {
namespace {

class BatchNormalization final : public Op {
 public:
  explicit BatchNormalization(const OpSpec& spec) : Op(spec) {
    const Attributes& a = spec.attributes;
    const double momentum = a.number("momentum");
    momentum_ = static_cast<float>(momentum);
    one_minus_momentum_ = static_cast<float>(1.0 - momentum);
    epsilon_ = static_cast<float>(a.number("epsilon"));
    frozen_ = a.flag("frozen");
    int next = 0;
    gamma_ = a.flag("scale") ? next++ : -1;
    beta_ = a.flag("center") ? next++ : -1;
  }

  // Statistics run over whole columns, and their owner normalizes them.
  Split output_split(const Workspace&, Split) const override { return Split::columns; }
  Needs backward_needs() const override { return {true, false}; }
  bool may_overwrite() const override { return true; }
  bool may_overwrite_gradient() const override { return true; }

  void forward(Workspace& w) const override {
    const Block *x = w.value(input()), *y = w.value(output());
    const int64_t n = y->width;
    const float* gamma = gamma_ < 0 ? nullptr : w.parameter(parameter(gamma_));
    const float* beta = beta_ < 0 ? nullptr : w.parameter(parameter(beta_));
    float* moving_mean = w.state(state(0));
    float* moving_variance = w.state(state(1));
    const bool batch = uses_batch(w);
    Scratch& s = w.scratch(*this);
    float* variance = w.floats(n);
    s.mean = batch ? w.floats(n) : moving_mean;
    s.inverse = w.floats(n);
    s.scale = w.floats(n);
    const BatchNormalizationKernels k = w.kernels().batch_normalization;
    const float momentum = momentum_, rest = one_minus_momentum_, epsilon = epsilon_;
    float *mean = s.mean, *inverse = s.inverse, *scale = s.scale;

    std::vector<Access> touches = {
        w.reads(x, Split::columns), w.writes(inverse, n, Split::columns, n),
        w.writes(scale, n, Split::columns, n), w.writes(moving_mean, n, Split::columns, n),
        w.writes(moving_variance, n, Split::columns, n)};
    if (gamma != nullptr) touches.push_back(w.reads(gamma, n, Split::columns, n));
    w.add({"batch normalization statistics", Split::columns, n, false, touches,
           [=](const Pass& pass, const Tile& t) {
             const int64_t c = t.columns.begin, m = t.columns.size();
             if (batch) {
               k.statistics(pass.rows, m, x->data + c, n, nullptr, mean + c, variance + c);
               if (pass.update_state) {
                 k.update_moving(m, momentum, rest, mean + c, moving_mean + c);
                 k.update_moving(m, momentum, rest, variance + c, moving_variance + c);
               }
               k.inverse_deviation(m, variance + c, epsilon, inverse + c);
             } else {
               k.inverse_deviation(m, moving_variance + c, epsilon, inverse + c);
             }
             for (int64_t j = c; j < c + m; ++j) {
               scale[j] = gamma == nullptr ? inverse[j] : inverse[j] * gamma[j];
             }
           }});
    std::vector<Access> reads = {w.reads(x, Split::columns), w.writes(y, Split::columns),
                                 w.reads(scale, n, Split::columns, n)};
    if (beta != nullptr) reads.push_back(w.reads(beta, n, Split::columns, n));
    w.add({"batch normalization", Split::columns, n, true, reads, [=](const Pass&, const Tile& t) {
             const int64_t c = t.columns.begin, at = t.rows.begin * n + c;
             k.normalize(t.rows.size(), t.columns.size(), x->data + at, n, mean + c, scale + c,
                         beta == nullptr ? nullptr : beta + c, y->data + at, n);
           }});
  }

  void backward(Workspace& w) const override {
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const Block* dx = w.input_gradient(*this, 0);
    const int64_t n = x->width;
    const Scratch& s = w.scratch(*this);
    const float *mean = s.mean, *inverse = s.inverse, *scale = s.scale;
    const float* gamma = gamma_ < 0 ? nullptr : w.parameter(parameter(gamma_));
    float* d_gamma = gamma_ < 0 ? nullptr : w.parameter_gradient(parameter(gamma_));
    float* d_beta = beta_ < 0 ? nullptr : w.parameter_gradient(parameter(beta_));
    const bool batch = uses_batch(w);
    const BatchNormalizationKernels k = w.kernels().batch_normalization;
    float* sum_dy = d_beta != nullptr ? d_beta : w.floats(n);
    float* sum_dy_xhat = d_gamma != nullptr ? d_gamma : w.floats(n);
    if (batch || d_gamma != nullptr || d_beta != nullptr) {
      w.add({"batch normalization gradient sums",
             Split::columns,
             n,
             false,
             {w.reads(x, Split::columns), w.reads(dy, Split::columns),
              w.writes(sum_dy, n, Split::columns, n), w.writes(sum_dy_xhat, n, Split::columns, n)},
             [=](const Pass& pass, const Tile& t) {
               const int64_t c = t.columns.begin;
               k.gradient_sums(pass.rows, t.columns.size(), x->data + c, n, mean + c, inverse + c,
                               dy->data + c, n, sum_dy + c, sum_dy_xhat + c);
             }});
    }
    if (dx == nullptr) return;
    std::vector<Access> touches = {
        w.reads(x, Split::columns), w.reads(dy, Split::columns), w.writes(dx, Split::columns),
        w.reads(sum_dy, n, Split::columns, n), w.reads(sum_dy_xhat, n, Split::columns, n)};
    if (gamma != nullptr) touches.push_back(w.reads(gamma, n, Split::columns, n));
    w.add({"batch normalization input gradient", Split::columns, n, true, touches,
           [=](const Pass& pass, const Tile& t) {
             const int64_t c = t.columns.begin, at = t.rows.begin * n + c;
             if (batch) {
               k.input_gradient(t.rows.size(), t.columns.size(), x->data + at, n, mean + c,
                                inverse + c, gamma == nullptr ? nullptr : gamma + c, sum_dy + c,
                                sum_dy_xhat + c, static_cast<float>(pass.rows), dy->data + at, n,
                                dx->data + at, n);
             } else {
               k.scale_columns(t.rows.size(), t.columns.size(), dy->data + at, n, scale + c,
                               dx->data + at, n);
             }
           }});
  }

 private:
  bool uses_batch(const Workspace& w) const { return w.use_batch() && !frozen_; }

  float momentum_, one_minus_momentum_, epsilon_;
  bool frozen_;
  int gamma_, beta_;
};

}  // namespace

std::unique_ptr<Op> make_batch_normalization(const OpSpec& spec) {
  return std::make_unique<BatchNormalization>(spec);
}

}  // namespace trimtab
