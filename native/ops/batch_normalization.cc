#include <algorithm>
#include <cmath>
#include <new>

#include "workspace.h"

namespace trimtab {

// The rows of a batch as its statistics see them: those that take part, in order, cut into chunks,
// the first `taking % chunks` of them one row longer than the others. All rows are normalized; one
// that does not take part goes with the next one that does, behind the last one with that. So each
// chunk has a run of the batch's rows.
struct BatchRows {
  int64_t rows = 0;    // of the batch
  int64_t taking = 0;  // that take part
  int64_t chunks = 1;
  const int64_t* index = nullptr;  // their places in the batch; null: all rows take part
  const float* weight = nullptr;   // by place, in parts of the chunk's largest; null: all weigh 1
  const float* total = nullptr;    // of each chunk's weights; null: its number of rows
  const float* share = nullptr;    // each chunk's part of the total of all; null: one chunk

  // The first row of a chunk, counted among those that take part.
  int64_t first(int64_t chunk) const {
    return taking / chunks * chunk + std::min(chunk, taking % chunks);
  }
  int64_t size(int64_t chunk) const { return first(chunk + 1) - first(chunk); }
  // Where a chunk's run of rows begins.
  int64_t begin(int64_t chunk) const {
    if (chunk == 0) return 0;
    if (chunk == chunks) return rows;
    return index == nullptr ? first(chunk) : index[first(chunk) - 1] + 1;
  }
  float total_of(int64_t chunk) const {
    return total == nullptr ? static_cast<float>(size(chunk)) : total[chunk];
  }
  // Calls f(chunk, part) for the parts of a run of rows that belong to one chunk each.
  template <typename F>
  void for_each_part(const Range& run, F f) const {
    int64_t chunk = 0, behind = chunks;  // bounds of the chunk that run.begin belongs to
    while (behind - chunk > 1) {
      const int64_t middle = (chunk + behind) / 2;
      (begin(middle) <= run.begin ? chunk : behind) = middle;
    }
    for (Range part{run.begin, 0}; part.begin < run.end; part.begin = part.end) {
      part.end = std::min(begin(chunk + 1), run.end);
      f(chunk++, part);
    }
  }
};

namespace {

class BatchNormalization final : public Op {
 public:
  explicit BatchNormalization(const OpSpec& spec) : Op(spec) {
    const Attributes& a = spec.attributes;
    momentum_ = a.number("momentum");
    epsilon_ = static_cast<float>(a.number("epsilon"));
    frozen_ = a.flag("frozen");
    debias_ = a.flag("debias");
    weighted_ = a.flag("weighted");
    virtual_batch_size_ = a.has("virtual_batch_size") ? a.integer("virtual_batch_size") : 0;
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
    float* count = debias_ ? w.state(state(2)) : nullptr;
    const bool batch = uses_batch(w);
    const int64_t all = most_chunks(w) * n;  // a statistic of every chunk
    Scratch& s = w.scratch(*this);
    float* variance = w.floats(all);
    float* combined = w.floats(all == n ? 1 : n);
    s.mean = batch ? w.floats(all) : moving_mean;
    s.inverse = w.floats(all);
    s.scale = w.floats(all);
    s.rows = batch && (virtual_batch_size_ > 0 || weighted_ || w.masked()) ? find_rows(w) : nullptr;
    const BatchNormalizationKernels k = w.kernels().batch_normalization;
    const float epsilon = epsilon_;
    float *mean = s.mean, *inverse = s.inverse, *scale = s.scale;
    const BatchRows* found = s.rows;

    std::vector<Access> touches = {
        w.reads(x, Split::columns), w.writes(inverse, all, Split::columns, n),
        w.writes(scale, all, Split::columns, n), w.writes(moving_mean, n, Split::columns, n),
        w.writes(moving_variance, n, Split::columns, n)};
    if (gamma != nullptr) touches.push_back(w.reads(gamma, n, Split::columns, n));
    if (found != nullptr) touches.push_back(reads(found));
    if (count != nullptr) touches.push_back(w.reads(count, 1, Split::all, 0));
    w.add({"batch normalization statistics", Split::columns, n, false, touches,
           [=, this](const Pass& pass, const Tile& t) {
             const int64_t c = t.columns.begin, m = t.columns.size();
             const BatchRows rows = rows_of(pass, found);
             if (batch) {
               for (int64_t chunk = 0; chunk < rows.chunks; ++chunk) {
                 const int64_t first = rows.first(chunk), at = chunk * n + c;
                 const int64_t* index = rows.index == nullptr ? nullptr : rows.index + first;
                 const float* from = x->data + (index == nullptr ? first * n : 0) + c;
                 k.statistics(rows.size(chunk), m, from, n, index, rows.weight,
                              rows.total_of(chunk), mean + at, variance + at);
                 k.inverse_deviation(m, variance + at, epsilon, inverse + at);
               }
               // Nothing to compare with: every row becomes beta.
               if (rows.taking == 0) std::fill_n(inverse + c, m, 0.0f);
               if (pass.update_state && rows.taking > 0) {
                 const Rates rates = this->rates(count);
                 auto take_in = [&](const float* statistic, float* moving) {
                   if (rows.share != nullptr) {
                     k.combine(rows.chunks, m, statistic, n, rows.share, combined + c);
                     statistic = combined + c;
                   }
                   if (rates.kept == 0.0f && count != nullptr) {
                     std::copy_n(statistic, m, moving);  // whatever was there, nan included
                   } else {
                     k.update_moving(m, rates.kept, rates.added, statistic, moving);
                   }
                 };
                 take_in(mean + c, moving_mean + c);
                 take_in(variance + c, moving_variance + c);
               }
             } else {
               k.inverse_deviation(m, moving_variance + c, epsilon, inverse + c);
             }
             for (int64_t at = c; at < rows.chunks * n; at += n) {
               for (int64_t j = 0; j < m; ++j) {
                 scale[at + j] =
                     gamma == nullptr ? inverse[at + j] : inverse[at + j] * gamma[c + j];
               }
             }
           }});
    std::vector<Access> looks = {w.reads(x, Split::columns), w.writes(y, Split::columns),
                                 w.reads(scale, all, Split::columns, n)};
    if (beta != nullptr) looks.push_back(w.reads(beta, n, Split::columns, n));
    if (found != nullptr) looks.push_back(reads(found));
    w.add({"batch normalization", Split::columns, n, true, looks,
           [=, this](const Pass& pass, const Tile& t) {
             const int64_t c = t.columns.begin;
             rows_of(pass, found).for_each_part(t.rows, [&](int64_t chunk, const Range& part) {
               const int64_t at = part.begin * n + c, own = chunk * n + c;
               k.normalize(part.size(), t.columns.size(), x->data + at, n, mean + own, scale + own,
                           beta == nullptr ? nullptr : beta + c, y->data + at, n);
             });
           }});
    if (count == nullptr || !batch) return;
    std::vector<Access> counts = {w.writes(count, 1, Split::once, 1)};
    if (found != nullptr) counts.push_back(reads(found));
    w.add({"batch normalization count", Split::once, 1, false, counts,
           [=, this](const Pass& pass, const Tile&) {
             if (pass.update_state && rows_of(pass, found).taking > 0) *count += 1.0f;
           }});
  }

  void backward(Workspace& w) const override {
    const Block *x = w.value(input()), *dy = w.gradient(output());
    const Block* dx = w.input_gradient(*this, 0);
    const int64_t n = x->width, all = most_chunks(w) * n;
    const Scratch& s = w.scratch(*this);
    const float *mean = s.mean, *inverse = s.inverse, *scale = s.scale;
    const float* gamma = gamma_ < 0 ? nullptr : w.parameter(parameter(gamma_));
    float* d_gamma = gamma_ < 0 ? nullptr : w.parameter_gradient(parameter(gamma_));
    float* d_beta = beta_ < 0 ? nullptr : w.parameter_gradient(parameter(beta_));
    const bool batch = uses_batch(w);
    const BatchRows* found = s.rows;
    const BatchNormalizationKernels k = w.kernels().batch_normalization;
    // Sums of every chunk; of the only one where the gradients are.
    float* sum_dy = d_beta != nullptr && all == n ? d_beta : w.floats(all);
    float* sum_dy_xhat = d_gamma != nullptr && all == n ? d_gamma : w.floats(all);
    if (batch || d_gamma != nullptr || d_beta != nullptr) {
      std::vector<Access> touches = {w.reads(x, Split::columns), w.reads(dy, Split::columns),
                                     w.writes(sum_dy, all, Split::columns, n),
                                     w.writes(sum_dy_xhat, all, Split::columns, n)};
      if (found != nullptr) touches.push_back(reads(found));
      for (int p : {gamma_, beta_}) {
        float* gradient = p < 0 ? nullptr : w.parameter_gradient(parameter(p));
        if (gradient == nullptr) continue;
        touches.push_back(w.writes(gradient, n, Split::columns, n));
        w.set_owners(parameter(p), {Split::columns, n});
      }
      w.add({"batch normalization gradient sums", Split::columns, n, false, touches,
             [=, this](const Pass& pass, const Tile& t) {
               const int64_t c = t.columns.begin, m = t.columns.size();
               const BatchRows rows = rows_of(pass, found);
               for (int64_t chunk = 0; chunk < rows.chunks; ++chunk) {
                 const Range run{rows.begin(chunk), rows.begin(chunk + 1)};
                 const int64_t at = run.begin * n + c, own = chunk * n + c;
                 k.gradient_sums(run.size(), m, x->data + at, n, mean + own, inverse + own,
                                 dy->data + at, n, sum_dy + own, sum_dy_xhat + own);
               }
               auto put_together = [&](const float* sums, float* gradient) {
                 if (gradient == nullptr || gradient == sums) return;
                 k.combine(rows.chunks, m, sums + c, n, nullptr, gradient + c);
               };
               put_together(sum_dy, d_beta);
               put_together(sum_dy_xhat, d_gamma);
             }});
    }
    if (dx == nullptr) return;
    std::vector<Access> touches = {
        w.reads(x, Split::columns), w.reads(dy, Split::columns), w.writes(dx, Split::columns),
        w.reads(sum_dy, all, Split::columns, n), w.reads(sum_dy_xhat, all, Split::columns, n)};
    if (gamma != nullptr) touches.push_back(w.reads(gamma, n, Split::columns, n));
    if (found != nullptr) touches.push_back(reads(found));
    w.add({"batch normalization input gradient", Split::columns, n, true, touches,
           [=, this](const Pass& pass, const Tile& t) {
             const int64_t c = t.columns.begin, m = t.columns.size();
             const BatchRows rows = rows_of(pass, found);
             if (!batch || rows.taking == 0) {
               const int64_t at = t.rows.begin * n + c;
               k.scale_columns(t.rows.size(), m, dy->data + at, n, scale + c, dx->data + at, n);
               return;
             }
             rows.for_each_part(t.rows, [&](int64_t chunk, const Range& part) {
               const int64_t at = part.begin * n + c, own = chunk * n + c;
               k.input_gradient(part.size(), m, x->data + at, n, mean + own, inverse + own,
                                gamma == nullptr ? nullptr : gamma + c, sum_dy + own,
                                sum_dy_xhat + own,
                                rows.weight == nullptr ? nullptr : rows.weight + part.begin,
                                rows.total_of(chunk), dy->data + at, n, dx->data + at, n);
             });
           }});
  }

 private:
  // moving = moving * kept + batch * added
  struct Rates {
    float kept, added;
  };

  bool uses_batch(const Workspace& w) const { return w.use_batch() && !frozen_; }

  // Debiased (count: batches so far): added = (1 - momentum) / (1 - momentum^t), t = count + 1.
  Rates rates(const float* count) const {
    if (count == nullptr) {
      return {static_cast<float>(momentum_), static_cast<float>(1.0 - momentum_)};
    }
    const double t = static_cast<double>(*count) + 1.0;
    double added = 1.0 / t;  // the limit for momentum 1
    if (momentum_ < 1.0) added = (momentum_ - 1.0) / std::expm1(t * std::log(momentum_));
    if (t == 1.0) added = 1.0;
    return {static_cast<float>(1.0 - added), static_cast<float>(added)};
  }

  int64_t chunks_of(int64_t rows) const {
    if (virtual_batch_size_ == 0) return 1;
    const int64_t enough = (rows + virtual_batch_size_ - 1) / virtual_batch_size_;
    return std::max<int64_t>(1, std::min(enough, rows / 2));
  }
  int64_t most_chunks(const Workspace& w) const {
    return uses_batch(w) ? chunks_of(w.capacity()) : 1;
  }

  static BatchRows rows_of(const Pass& pass, const BatchRows* found) {
    if (found != nullptr) return *found;
    BatchRows every;
    every.rows = every.taking = pass.rows;
    return every;
  }
  // What find_rows found, and all that it points to.
  static Access reads(const BatchRows* found) { return {found, found + 1, Split::all, 0, false}; }

  // Divides weights by the largest of them, so that a lone row weighs 1 and is its own mean to the
  // last bit; gives their sum.
  static double scale_weights(const int64_t* index, int64_t count, float* weight, double* largest) {
    float most = 0.0f;
    for (int64_t i = 0; i < count; ++i) {
      most = std::max(most, std::fabs(weight[index[i]]));
    }
    double sum = 0.0;
    for (int64_t i = 0; i < count; ++i) {
      weight[index[i]] /= most;
      sum += weight[index[i]];
    }
    *largest = most;
    return sum;
  }

  BatchRows* find_rows(Workspace& w) const {
    auto* found = new (w.bytes(sizeof(BatchRows))) BatchRows;
    const bool weights = weighted_ || w.masked();
    int64_t* index = weights ? w.integers(w.capacity()) : nullptr;
    float* weight = weights ? w.floats(w.capacity()) : nullptr;
    float* total = w.floats(most_chunks(w));
    float* share = most_chunks(w) > 1 ? w.floats(most_chunks(w)) : nullptr;
    std::vector<Access> touches = {{found, found + 1, Split::once, 1, true}};
    if (weights && w.gathered_weight() != nullptr) {
      touches.push_back(w.reads(w.gathered_weight(), w.capacity(), Split::once, 1));
    }
    w.add({"batch normalization rows", Split::once, 1, false, touches,
           [=, this](const Pass& pass, const Tile&) {
             BatchRows rows = rows_of(pass, nullptr);
             if (weights && pass.weight != nullptr) {
               rows.taking = 0;
               for (int64_t i = 0; i < pass.rows; ++i) {
                 weight[i] = pass.weight[i];
                 if (weight[i] != 0.0f) index[rows.taking++] = i;
               }
               rows.index = index;
               rows.weight = weight;
             }
             rows.chunks = chunks_of(rows.taking);
             double all = 0.0;
             for (int64_t chunk = 0; chunk < rows.chunks; ++chunk) {
               double sum = static_cast<double>(rows.size(chunk)), largest = 1.0;
               if (rows.weight != nullptr) {
                 const int64_t* own = index + rows.first(chunk);
                 sum = scale_weights(own, rows.size(chunk), weight, &largest);
               }
               total[chunk] = static_cast<float>(sum);
               if (share != nullptr) share[chunk] = static_cast<float>(sum * largest);
               all += sum * largest;
             }
             for (int64_t chunk = 0; chunk < rows.chunks && share != nullptr; ++chunk) {
               share[chunk] = static_cast<float>(share[chunk] / all);
             }
             rows.total = total;
             rows.share = share;
             *found = rows;
           }});
    return found;
  }

  double momentum_;
  float epsilon_;
  bool frozen_, debias_, weighted_;
  int64_t virtual_batch_size_;
  int gamma_, beta_;
};

}  // namespace

std::unique_ptr<Op> make_batch_normalization(const OpSpec& spec) {
  return std::make_unique<BatchNormalization>(spec);
}

}  // namespace trimtab
