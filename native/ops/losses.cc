#include "ops/losses.h"

#include <stdexcept>

namespace trimtab {

LossParameters loss_settings(const Attributes& attributes) {
  struct Row {
    const char* name;
    Loss loss;
  };
  constexpr Row rows[] = {
      {"mean_absolute_error", Loss::mean_absolute_error},
      {"mean_squared_error", Loss::mean_squared_error},
      {"binary_crossentropy", Loss::binary_crossentropy},
      {"binary_crossentropy_logits", Loss::binary_crossentropy_logits},
      {"sparse_categorical_crossentropy", Loss::sparse_categorical_crossentropy},
      {"sparse_categorical_crossentropy_logits", Loss::sparse_categorical_crossentropy_logits},
  };
  LossParameters settings;
  settings.label_smoothing = static_cast<float>(attributes.number("label_smoothing"));
  const std::string& name = attributes.text("loss");
  for (const Row& row : rows) {
    if (name == row.name) {
      settings.loss = row.loss;
      return settings;
    }
  }
  throw std::invalid_argument("the native engine has no loss called '" + name + "'");
}

bool loss_is_sparse(const LossParameters& settings) {
  return settings.loss == Loss::sparse_categorical_crossentropy ||
         settings.loss == Loss::sparse_categorical_crossentropy_logits;
}

void add_loss_phase(Workspace& w, const LossParameters& settings, int output, float* row_losses) {
  const Block *prediction = w.value(output), *gradient = w.gradient(output);
  const int64_t n = prediction->width;
  const int64_t targets = loss_is_sparse(settings) ? 1 : n;
  auto run = w.kernels().losses.rows;
  w.add({"loss",
         Split::rows,
         n,
         true,
         {w.reads(prediction, Split::rows), w.writes(gradient, Split::rows),
          w.writes(row_losses, w.capacity(), Split::rows, n)},
         [=](const Pass& pass, const Tile& t) {
           const int64_t i = t.rows.begin;
           run(settings, t.rows.size(), n, prediction->data + i * n, n, pass.target + i * targets,
               targets, pass.weight == nullptr ? nullptr : pass.weight + i, row_losses + i,
               1.0f / static_cast<float>(pass.rows), gradient->data + i * n, n);
         }});
}

}  // namespace trimtab
