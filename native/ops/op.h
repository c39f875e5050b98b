// What an op is to the engine: a source of phases, forward and backward.
#pragma once

#include <memory>
#include <string>

#include "kernels/levels.h"
#include "plan.h"
#include "program.h"

namespace trimtab {

class Workspace;

// What a workspace is built for.
enum class Mode {
  training,   // forward, loss, backward
  forward,    // forward as in a training step, nothing kept for a backward pass
  inference,  // forward with moving statistics, no dropout
  probe,      // one look inside: everything is kept, forward mode chosen by Workspace::batch_mode
};

// What an op's backward reads besides the gradient of its output; decides what may be overwritten.
struct Needs {
  bool input = false;
  bool output = false;
};

// One op of a program. Holds its settings; everything that depends on the batch lies in workspaces,
// so that many of them (one per thread in inference) can share an op.
class Op {
 public:
  explicit Op(const OpSpec& spec) : spec_(spec) {}
  virtual ~Op() = default;

  const OpSpec& spec() const { return spec_; }

  // How the output is split between threads, given how the (first) input is.
  virtual Split output_split(const Workspace& w, Split input) const {
    (void)w;
    return input;
  }
  virtual Needs backward_needs() const { return {}; }
  // Whether forward may write the output over the input.
  virtual bool may_overwrite() const { return false; }
  // Whether backward may write the gradient of the input over the gradient of the output.
  virtual bool may_overwrite_gradient() const { return false; }
  // Whether this op does nothing in this workspace, so that its output is its input.
  virtual bool is_identity(const Workspace& w) const {
    (void)w;
    return false;
  }

  virtual void forward(Workspace& w) const = 0;
  virtual void backward(Workspace& w) const = 0;

 protected:
  int input(size_t i = 0) const { return spec_.inputs[i]; }
  int output() const { return spec_.output; }
  int parameter(size_t i) const { return spec_.parameters[i]; }
  int state(size_t i) const { return spec_.state[i]; }

 private:
  OpSpec spec_;
};

// The registry: kind -> op. Throws for a kind it does not know.
std::unique_ptr<Op> make_op(const OpSpec& spec);

// One row of the registry; each family's file defines its own.
std::unique_ptr<Op> make_activation(const OpSpec& spec);
std::unique_ptr<Op> make_activity_penalty(const OpSpec& spec);
std::unique_ptr<Op> make_add(const OpSpec& spec);
std::unique_ptr<Op> make_affine(const OpSpec& spec);
std::unique_ptr<Op> make_average(const OpSpec& spec);
std::unique_ptr<Op> make_batch_normalization(const OpSpec& spec);
std::unique_ptr<Op> make_bias(const OpSpec& spec);
std::unique_ptr<Op> make_category_encoding(const OpSpec& spec);
std::unique_ptr<Op> make_discretization(const OpSpec& spec);
std::unique_ptr<Op> make_drop_connect(const OpSpec& spec);
std::unique_ptr<Op> make_concatenate(const OpSpec& spec);
std::unique_ptr<Op> make_dropout(const OpSpec& spec);
std::unique_ptr<Op> make_embedding(const OpSpec& spec);
std::unique_ptr<Op> make_gaussian_noise(const OpSpec& spec);
std::unique_ptr<Op> make_glu(const OpSpec& spec);
std::unique_ptr<Op> make_heads(const OpSpec& spec);
std::unique_ptr<Op> make_increasing(const OpSpec& spec);
std::unique_ptr<Op> make_layer_normalization(const OpSpec& spec);
std::unique_ptr<Op> make_matmul(const OpSpec& spec);
std::unique_ptr<Op> make_maximum(const OpSpec& spec);
std::unique_ptr<Op> make_minimum(const OpSpec& spec);
std::unique_ptr<Op> make_multiply(const OpSpec& spec);
std::unique_ptr<Op> make_normalization(const OpSpec& spec);
std::unique_ptr<Op> make_periodic(const OpSpec& spec);
std::unique_ptr<Op> make_piecewise_linear(const OpSpec& spec);
std::unique_ptr<Op> make_prelu(const OpSpec& spec);
std::unique_ptr<Op> make_rescaling(const OpSpec& spec);
std::unique_ptr<Op> make_scale(const OpSpec& spec);
std::unique_ptr<Op> make_select(const OpSpec& spec);
std::unique_ptr<Op> make_softmax(const OpSpec& spec);
std::unique_ptr<Op> make_spread(const OpSpec& spec);
std::unique_ptr<Op> make_subtract(const OpSpec& spec);
std::unique_ptr<Op> make_sum_columns(const OpSpec& spec);

}  // namespace trimtab
