#include "ops/losses.h"

#include <algorithm>
#include <stdexcept>

namespace trimtab {

namespace {

struct Row {
  const char* name;
  Loss loss;
};
#define TRIMTAB_LOSS(name) {#name, Loss::name}
constexpr Row kLosses[] = {
    TRIMTAB_LOSS(mean_absolute_error),
    TRIMTAB_LOSS(mean_squared_error),
    TRIMTAB_LOSS(binary_crossentropy),
    TRIMTAB_LOSS(binary_crossentropy_logits),
    TRIMTAB_LOSS(sparse_categorical_crossentropy),
    TRIMTAB_LOSS(sparse_categorical_crossentropy_logits),
    TRIMTAB_LOSS(mean_absolute_percentage_error),
    TRIMTAB_LOSS(mean_squared_logarithmic_error),
    TRIMTAB_LOSS(huber),
    TRIMTAB_LOSS(log_cosh),
    TRIMTAB_LOSS(poisson),
    TRIMTAB_LOSS(quantile),
    TRIMTAB_LOSS(expectile),
    TRIMTAB_LOSS(gaussian_negative_log_likelihood),
    TRIMTAB_LOSS(cosine_similarity),
    TRIMTAB_LOSS(hinge),
    TRIMTAB_LOSS(squared_hinge),
    TRIMTAB_LOSS(categorical_hinge),
    TRIMTAB_LOSS(kl_divergence),
    TRIMTAB_LOSS(categorical_crossentropy),
    TRIMTAB_LOSS(categorical_crossentropy_logits),
    TRIMTAB_LOSS(categorical_focal_crossentropy),
    TRIMTAB_LOSS(categorical_focal_crossentropy_logits),
    TRIMTAB_LOSS(binary_focal_crossentropy),
    TRIMTAB_LOSS(binary_focal_crossentropy_logits),
    TRIMTAB_LOSS(categorical_generalized_cross_entropy),
};
#undef TRIMTAB_LOSS

Loss loss_called(const std::string& name) {
  for (const Row& row : kLosses)
    if (name == row.name) return row.loss;
  throw std::invalid_argument("the native engine has no loss called '" + name + "'");
}

// Where the record has the attribute: a loss has those that it uses.
void read(const Attributes& attributes, const char* name, float* value) {
  if (attributes.has(name)) *value = static_cast<float>(attributes.number(name));
}
std::vector<float> read_list(const Attributes& attributes, const char* name) {
  std::vector<float> list;
  if (!attributes.has(name)) return list;
  for (double value : attributes.numbers(name)) list.push_back(static_cast<float>(value));
  return list;
}

}  // namespace

LossSettings::LossSettings(const Attributes& attributes) {
  loss = loss_called(attributes.text("loss"));
  label_smoothing = static_cast<float>(attributes.number("label_smoothing"));
  read(attributes, "delta", &delta);
  read(attributes, "gamma", &gamma);
  read(attributes, "q", &q);
  read(attributes, "epsilon", &epsilon);
  if (attributes.has("balanced")) balanced = attributes.flag("balanced");
  alpha_list_ = read_list(attributes, "alpha");
  level_list_ = read_list(attributes, "levels");
  alpha = alpha_list_.data();
  alphas = static_cast<int64_t>(alpha_list_.size());
  levels = level_list_.data();
  level_count = level_list_.empty() ? 1 : static_cast<int64_t>(level_list_.size());
}

namespace {

// Columns of the target for so many outputs.
int64_t loss_targets(const LossParameters& settings, int64_t outputs) {
  switch (settings.loss) {
    case Loss::sparse_categorical_crossentropy:
    case Loss::sparse_categorical_crossentropy_logits:
    case Loss::categorical_generalized_cross_entropy:
      return 1;
    case Loss::gaussian_negative_log_likelihood:
      return outputs / 2;
    default:
      return outputs / settings.level_count;
  }
}

}  // namespace

Losses::Losses(const ProgramSpec& program) : outputs_(program.output_width()) {
  std::vector<LossSpec> all = program.losses;
  if (all.empty()) all.push_back({*program.loss, 0, outputs_, 1.0f});
  for (const LossSpec& spec : all) {
    auto settings = std::make_unique<LossSettings>(spec.settings);
    const int64_t targets = loss_targets(*settings, spec.outputs);
    parts_.push_back({std::move(settings), spec.start, spec.outputs, targets_, targets, spec.weight,
                      spec.weighted});
    targets_ += targets + spec.weighted;
  }
  one_ = parts_.size() == 1 && parts_[0].outputs == outputs_ && parts_[0].weight == 1.0f &&
         !parts_[0].weighted;
}

void Losses::rows(const Kernels& kernels, int64_t rows, const float* prediction, int64_t ldp,
                  const float* target, const float* weight, float* row_losses, float scale,
                  float* gradient, int64_t ldg) const {
  auto run = kernels.losses.rows;
  if (one_) {
    run(*parts_[0].settings, rows, outputs_, prediction, ldp, target, targets_, weight, row_losses,
        scale, gradient, ldg);
    return;
  }
  for (int64_t i = 0; i < rows; ++i) {
    row_losses[i] = 0.0f;
    if (gradient != nullptr) std::fill_n(gradient + i * ldg, outputs_, 0.0f);
  }
  float own[tile_rows], product[tile_rows];
  for (int64_t first = 0; first < rows; first += tile_rows) {
    const int64_t n = std::min(tile_rows, rows - first);
    for (const Part& part : parts_) {
      const float* weights = weight == nullptr ? nullptr : weight + first;
      if (part.weighted) {
        const float* beside = target + first * targets_ + part.target + part.targets;
        for (int64_t i = 0; i < n; ++i) {
          product[i] = beside[i * targets_] * (weights == nullptr ? 1.0f : weights[i]);
        }
        weights = product;
      }
      run(*part.settings, n, part.outputs, prediction + first * ldp + part.start, ldp,
          target + first * targets_ + part.target, targets_, weights, own, scale * part.weight,
          gradient == nullptr ? nullptr : gradient + first * ldg + part.start, ldg);
      for (int64_t i = 0; i < n; ++i) row_losses[first + i] += part.weight * own[i];
    }
  }
}

void add_loss_phase(Workspace& w, const Losses& losses, const ProgramSpec& program,
                    float* row_losses) {
  const int value = program.loss_value();
  const Block *prediction = w.value(value), *gradient = w.gradient(value);
  const int64_t members = program.members();
  const int64_t n = prediction->width, outputs = n / members;
  const int64_t targets = losses.targets();
  const Kernels* kernels = &w.kernels();
  w.add({"loss",
         Split::rows,
         n,
         true,
         {w.reads(prediction, Split::rows), w.writes(gradient, Split::rows),
          w.writes(row_losses, w.capacity(), Split::rows, n)},
         [=, &losses](const Pass& pass, const Tile& t) {
           const int64_t i = t.rows.begin, rows = t.rows.size();
           const float *target = pass.target + i * targets,
                       *weight = pass.weight == nullptr ? nullptr : pass.weight + i;
           const float scale = 1.0f / static_cast<float>(pass.rows);
           if (members == 1) {
             losses.rows(*kernels, rows, prediction->data + i * n, n, target, weight,
                         row_losses + i, scale, gradient->data + i * n, n);
             return;
           }
           float own[tile_rows], sums[tile_rows] = {};
           for (int64_t m = 0; m < members; ++m) {
             const int64_t at = i * n + m * outputs;
             losses.rows(*kernels, rows, prediction->data + at, n, target, weight, own,
                         scale / static_cast<float>(members), gradient->data + at, n);
             for (int64_t r = 0; r < rows; ++r) sums[r] += own[r];
           }
           for (int64_t r = 0; r < rows; ++r) {
             row_losses[i + r] = sums[r] / static_cast<float>(members);
           }
         }});
}

}  // namespace trimtab
