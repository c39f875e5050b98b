// What ops with a matrix product in them share.
#pragma once

#include <functional>

#include "ops/op.h"
#include "workspace.h"

namespace trimtab {

// A phase that takes whole rows from one block to another: run(first, rows). Rows are cut as
// threads own them, or, with a BLAS, the same way for any number of threads.
void add_by_rows(Workspace& w, const char* name, int64_t width, const Block* from, const Block* to,
                 std::vector<Access> touches, std::function<void(int64_t, int64_t)> run);

// A layer's kernel, or its gradient: in panels (kernels/panels.h) or row by row.
template <typename Number>
struct KernelOf {
  Number* data = nullptr;
  int64_t inputs = 0, units = 0;
  bool panels = false;
  int64_t size() const { return panels ? panels_size(inputs, units) : inputs * units; }
};
using Kernel = KernelOf<const float>;

// The members of a network share the kernel: (rows, members * inputs), row by row, is the tall
// matrix (rows * members, inputs) in the same memory.
class Product : public Op {
 public:
  explicit Product(const OpSpec& spec) : Op(spec), members_(spec.members()) {}

  Split output_split(const Workspace& w, Split) const override;
  Needs backward_needs() const override { return {true, false}; }

 protected:
  // What is done to a part of the kernel's gradient by the thread that has just computed it, and
  // the memory of the kernel's shape that it reads.
  struct Finish {
    const void* begin = nullptr;
    const void* end = nullptr;
    std::function<void(const Pass&, const Range& rows, const Range& columns)> run;
  };

  // The kernel as it lies, at `data`.
  Kernel kernel_at(const Workspace& w, const float* data) const;
  // y = x kernel. neighbours: whether others write to the kernel in this step. Whoever owns columns
  // reads whole panels of it, and drops what comes of the neighbours' columns in them.
  void product(Workspace& w, const Kernel& kernel, bool neighbours = false) const;
  // The gradients that are asked for: d_kernel = x^T dy, then `finish`; dx = dy kernel^T.
  void gradients(Workspace& w, const Kernel& kernel, const Finish& finish) const;

 private:
  void kernel_gradient(Workspace& w, const KernelOf<float>& gradient, const Finish& finish) const;
  void updating_gradient(Workspace& w, const KernelOf<float>& gradient, const Update& update) const;
  void input_gradient_in_halves(Workspace& w, const Kernel& kernel) const;
  void input_gradient(Workspace& w, const Kernel& kernel) const;

  int64_t members_;
};

}  // namespace trimtab
