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
    {"activity_penalty", make_activity_penalty},
    {"add", make_add},
    {"affine", make_affine},
    {"average", make_average},
    {"batch_normalization", make_batch_normalization},
    {"bias", make_bias},
    {"category_encoding", make_category_encoding},
    {"concatenate", make_concatenate},
    {"discretization", make_discretization},
    {"drop_connect", make_drop_connect},
    {"dropout", make_dropout},
    {"embedding", make_embedding},
    {"gaussian_noise", make_gaussian_noise},
    {"glu", make_glu},
    {"heads", make_heads},
    {"increasing", make_increasing},
    {"layer_normalization", make_layer_normalization},
    {"matmul", make_matmul},
    {"maximum", make_maximum},
    {"minimum", make_minimum},
    {"multiply", make_multiply},
    {"normalization", make_normalization},
    {"periodic", make_periodic},
    {"piecewise_linear", make_piecewise_linear},
    {"prelu", make_prelu},
    {"rescaling", make_rescaling},
    {"scale", make_scale},
    {"select", make_select},
    {"softmax", make_softmax},
    {"spread", make_spread},
    {"subtract", make_subtract},
    {"sum_columns", make_sum_columns},
};

}  // namespace

std::unique_ptr<Op> make_op(const OpSpec& spec) {
  for (const Row& row : rows) {
    if (spec.kind == row.kind) return row.make(spec);
  }
  throw std::invalid_argument("the native engine has no op called '" + spec.kind + "'");
}

}  // namespace trimtab
