// One row an op.
#include <stdexcept>

#include "ops/op.h"

namespace trimtab {
namespace {

struct Row {
  const char* kind;
  std::unique_ptr<Op> (*make)(const OpSpec&);
};

constexpr Row rows[] = {
    {"activation", make_activation},
    {"add", make_add},
    {"affine", make_affine},
    {"average", make_average},
    {"batch_normalization", make_batch_normalization},
    {"bias", make_bias},
    {"concatenate", make_concatenate},
    {"drop_connect", make_drop_connect},
    {"dropout", make_dropout},
    {"embedding", make_embedding},
    {"heads", make_heads},
    {"increasing", make_increasing},
    {"matmul", make_matmul},
    {"maximum", make_maximum},
    {"minimum", make_minimum},
    {"multiply", make_multiply},
    {"periodic", make_periodic},
    {"piecewise_linear", make_piecewise_linear},
    {"scale", make_scale},
    {"select", make_select},
    {"softmax", make_softmax},
    {"subtract", make_subtract},
};

}  // namespace

std::unique_ptr<Op> make_op(const OpSpec& spec) {
  for (const Row& row : rows) {
    if (spec.kind == row.kind) return row.make(spec);
  }
  throw std::invalid_argument("the native engine has no op called '" + spec.kind + "'");
}

}  // namespace trimtab
