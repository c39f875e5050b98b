// What ops with a matrix product in them share.
#pragma once

#include <functional>

#include "ops/op.h"

namespace trimtab {

class Product : public Op {
 public:
  using Op::Op;

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

  // y = x kernel.
  void product(Workspace& w, const float* kernel) const;
  // The gradients that are asked for: d_kernel = x^T dy, then `finish`; dx = dy kernel^T.
  void gradients(Workspace& w, const float* kernel, const Finish& finish) const;

 private:
  void kernel_gradient(Workspace& w, float* d_kernel, const Finish& finish) const;
  void input_gradient(Workspace& w, const float* kernel) const;
};

}  // namespace trimtab
