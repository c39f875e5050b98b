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

void add_loss_phase(Workspace& w, const LossParameters& settings, const ProgramSpec& program,
                    float* row_losses) {
  const int value = program.loss_value();
  const Block *prediction = w.value(value), *gradient = w.gradient(value);
  const int64_t members = program.members();
  const int64_t n = prediction->width, outputs = n / members;
  const int64_t targets = loss_is_sparse(settings) ? 1 : outputs;
  auto run = w.kernels().losses.rows;
  w.add({"loss",
         Split::rows,
         n,
         true,
         {w.reads(prediction, Split::rows), w.writes(gradient, Split::rows),
          w.writes(row_losses, w.capacity(), Split::rows, n)},
         [=](const Pass& pass, const Tile& t) {
           const int64_t i = t.rows.begin, rows = t.rows.size();
           const float *target = pass.target + i * targets,
                       *weight = pass.weight == nullptr ? nullptr : pass.weight + i;
           const float scale = 1.0f / static_cast<float>(pass.rows);
           if (members == 1) {
             run(settings, rows, n, prediction->data + i * n, n, target, targets, weight,
                 row_losses + i, scale, gradient->data + i * n, n);
             return;
           }
           float own[tile_rows], sums[tile_rows] = {};
           for (int64_t m = 0; m < members; ++m) {
             const int64_t at = i * n + m * outputs;
             run(settings, rows, outputs, prediction->data + at, n, target, targets, weight, own,
                 scale / static_cast<float>(members), gradient->data + at, n);
             for (int64_t r = 0; r < rows; ++r) sums[r] += own[r];
           }
           for (int64_t r = 0; r < rows; ++r) {
             row_losses[i + r] = sums[r] / static_cast<float>(members);
           }
         }});
}

}  // namespace trimtab
