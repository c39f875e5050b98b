#include "workspace.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "looks.h"
#include "matmul.h"

namespace trimtab {

void Workspace::Free::operator()(void* p) const { std::free(p); }

Workspace::Workspace(const ProgramSpec& program, const std::vector<std::unique_ptr<Op>>& ops,
                     Weights weights, int64_t capacity, Mode mode, bool use_batch)
    : program_(program),
      ops_(ops),
      kernels_(trimtab::kernels()),
      weights_(weights),
      capacity_(std::max<int64_t>(capacity, 1)),
      mode_(mode),
      use_batch_(use_batch) {
  owners_.resize(program_.parameters.size());
  readers_.resize(program_.parameters.size());
  for (const auto& op : ops_) {
    for (int slot : op->spec().parameters) readers_[static_cast<size_t>(slot)] += 1;
  }
  updates_.resize(program_.parameters.size());
  splits_.assign(program_.widths.size(), Split::rows);  // rows are gathered row by row
  by_rows_ = suits_rows();
  for (const auto& op : ops_) {
    const OpSpec& spec = op->spec();
    splits_[spec.output] = op->output_split(*this, splits_[spec.inputs[0]]);
  }
  place_values();
  if (backward_wanted()) place_gradients();
}

// Narrow layers and many rows, and no statistics that would need whole columns in between.
bool Workspace::suits_rows() const {
  if (uses_blas() || capacity_ < 128) return false;
  // Members share their kernels: what counts is the width of one.
  std::vector<int64_t> members(program_.widths.size(), 1);
  for (const OpSpec& op : program_.ops) {
    members[op.output] = op.kind == "average" ? 1 : std::max(op.members(), members[op.inputs[0]]);
  }
  for (size_t v = 0; v < members.size(); ++v) {
    if (program_.widths[v] > 256 * members[v]) return false;
  }
  for (const OpSpec& op : program_.ops) {
    if (op.kind == "batch_normalization") return false;
  }
  return true;
}

float* Workspace::floats(int64_t count) {
  // A cache line to start on, and a spare one so that neighbours never share.
  const size_t size =
      (static_cast<size_t>(std::max<int64_t>(count, 1)) * sizeof(float) + 127) / 64 * 64;
  void* memory = std::aligned_alloc(64, size);
  if (memory == nullptr) throw std::bad_alloc();
  arena_.emplace_back(memory);
  memory_ += static_cast<int64_t>(size);
  return static_cast<float*>(memory);
}

uint8_t* Workspace::bytes(int64_t count) {
  return reinterpret_cast<uint8_t*>(floats((count + 3) / 4));
}

int64_t* Workspace::integers(int64_t count) {
  return reinterpret_cast<int64_t*>(floats(2 * count));
}

Block* Workspace::new_block(int64_t width, bool allocate) {
  blocks_.push_back(std::make_unique<Block>());
  Block* block = blocks_.back().get();
  block->width = width;
  if (allocate) block->data = floats(capacity_ * width);
  return block;
}

Access Workspace::block_access(const Block* block, Split split, bool write) const {
  // Blocks may move (value 0 in inference), so their identity, not their memory, is compared.
  return {block, block + 1, split, block->width, write};
}

// Values share memory where nothing is lost: an element-wise op writes over its input unless a
// backward pass still needs it, and in passes without a backward one memory is used again as soon
// as its last reader is done.
void Workspace::place_values() {
  const size_t count = program_.widths.size();
  values_.assign(count, nullptr);
  std::vector<int> last_use(count, -1);
  std::vector<const Op*> producer(count, nullptr);
  for (size_t i = 0; i < ops_.size(); ++i) {
    for (int v : ops_[i]->spec().inputs) last_use[v] = static_cast<int>(i);
    producer[ops_[i]->spec().output] = ops_[i].get();
  }
  last_use[program_.output] = static_cast<int>(ops_.size());

  const bool reuse = mode_ == Mode::inference || mode_ == Mode::forward;
  values_[0] = new_block(program_.widths[0], true);
  own_input_ = values_[0]->data;
  std::vector<Block*> free_blocks;

  for (size_t i = 0; i < ops_.size(); ++i) {
    const Op& op = *ops_[i];
    const OpSpec& spec = op.spec();
    const int in = spec.inputs[0], out = spec.output;
    if (skips(op)) {
      values_[out] = values_[in];
      last_use[in] = std::max(last_use[in], last_use[out]);
      // Everything that shares this block stays alive as long as the output.
      for (size_t v = 0; v < count; ++v) {
        if (values_[v] == values_[out]) last_use[v] = last_use[in];
      }
      continue;
    }
    bool overwrite = op.may_overwrite() && in != 0 && values_[in] != values_[0] &&
                     mode_ != Mode::probe && program_.consumers(in) == 1;
    if (overwrite && mode_ == Mode::training) {
      overwrite = !op.backward_needs().input && !producer[in]->backward_needs().output;
    }
    if (overwrite && reuse) {
      // Another value may share the block through an identity.
      for (size_t v = 0; v < count; ++v) {
        if (static_cast<int>(v) != in && values_[v] == values_[in] &&
            last_use[v] > static_cast<int>(i)) {
          overwrite = false;
        }
      }
    }
    if (overwrite) {
      values_[out] = values_[in];
      continue;
    }
    if (reuse) {
      // Give back blocks whose every value has been read for the last time before this op.
      for (const auto& owned : blocks_) {
        Block* block = owned.get();
        if (block == values_[0] ||
            std::find(free_blocks.begin(), free_blocks.end(), block) != free_blocks.end()) {
          continue;
        }
        bool busy = false, held = false;
        for (size_t v = 0; v < count; ++v) {
          if (values_[v] != block) continue;
          held = true;
          busy = busy || last_use[v] >= static_cast<int>(i);
        }
        if (held && !busy) free_blocks.push_back(block);
      }
      auto fit = std::find_if(free_blocks.begin(), free_blocks.end(),
                              [&](Block* b) { return b->width == program_.widths[out]; });
      if (fit != free_blocks.end()) {
        values_[out] = *fit;
        free_blocks.erase(fit);
        continue;
      }
    }
    values_[out] = new_block(program_.widths[out], true);
  }
}

// Every value has one gradient block. A value with several readers gets one block a reader, summed
// before its producer's backward; a chain of element-wise ops shares one.
void Workspace::place_gradients() {
  const size_t count = program_.widths.size();
  needs_gradient_.assign(count, mode_ == Mode::probe);
  for (const auto& op : ops_) {
    bool needed = false;
    for (int v : op->spec().inputs) needed = needed || needs_gradient_[v];
    for (int p : op->spec().parameters) needed = needed || program_.parameters[p].trainable;
    if (needed) needs_gradient_[op->spec().output] = true;
  }
  gradients_.assign(count, nullptr);
  const int seed = program_.loss_value();
  gradients_[seed] = new_block(program_.widths[seed], true);
  if (seed != program_.output) {  // an average that no loss is taken of in training
    gradients_[program_.output] = new_block(program_.output_width(), true);
    std::fill_n(gradients_[program_.output]->data, capacity_ * program_.output_width(), 0.0f);
  }
  for (size_t i = ops_.size(); i-- > 0;) {
    const Op& op = *ops_[i];
    const OpSpec& spec = op.spec();
    if (spec.output == program_.output && seed != program_.output) continue;
    for (size_t k = 0; k < spec.inputs.size(); ++k) {
      const int v = spec.inputs[k];
      if (!needs_gradient_[v]) continue;
      const bool single = program_.consumers(v) == 1;
      // The op's own output gradient can be handed on only once.
      const bool last = k + 1 == spec.inputs.size();
      Block* block;
      if (op.may_overwrite_gradient() && last && mode_ != Mode::probe) {
        block = gradients_[spec.output];
      } else {
        block = new_block(program_.widths[v], true);
      }
      edges_.push_back({&op, k, block});
      if (single) {
        gradients_[v] = block;
      } else if (gradients_[v] == nullptr) {
        gradients_[v] = new_block(program_.widths[v], true);
      }
    }
  }
}

Block* Workspace::input_gradient(const Op& op, size_t input) {
  for (const Edge& edge : edges_) {
    if (edge.op == &op && edge.input == input) return edge.block;
  }
  return nullptr;
}

float* Workspace::parameter_gradient(int slot) {
  const SlotSpec& spec = program_.parameters[static_cast<size_t>(slot)];
  if (weights_.gradients == nullptr || !spec.trainable) return nullptr;
  if (readers_[static_cast<size_t>(slot)] == 1) return weights_.gradients + spec.offset;
  Shared& shared = shared_[slot];
  if (shared.own == nullptr) {
    shared.own = floats(spec.room());
    std::fill_n(shared.own, spec.room(), 0.0f);  // what pads panels is never written
  }
  return shared.own;
}

// Adds what an op has computed of the gradients of parameters that others read, too; the order is
// that of the program. It is nobody's: the ops may be split in different ways.
void Workspace::sum_shared(const Op& op) {
  for (int slot : op.spec().parameters) {
    const auto found = shared_.find(slot);
    if (found == shared_.end() || found->second.own == nullptr) continue;
    const SlotSpec& spec = program_.parameters[static_cast<size_t>(slot)];
    const float* own = found->second.own;
    float* sum = weights_.gradients + spec.offset;
    const bool first = !found->second.begun;
    const int64_t n = spec.room();
    auto add = kernels_.activation.add;
    add_gradient({"sum gradients of a shared parameter",
                  Split::columns,
                  n,
                  false,
                  {reads(own, n, Split::columns, n), writes(sum, n, Split::columns, n)},
                  [=](const Pass&, const Tile& t) {
                    const int64_t c = t.columns.begin, count = t.columns.size();
                    if (first) {
                      std::copy_n(own + c, count, sum + c);
                    } else {
                      add(1, count, sum + c, n, own + c, n, sum + c, n);
                    }
                  }});
    found->second = {nullptr, true};
    set_owners(slot, {Split::columns, 0});
  }
}

void Workspace::offer(int slot, Update update) {
  if (readers_[static_cast<size_t>(slot)] == 1)
    updates_[static_cast<size_t>(slot)].update = std::move(update);
}

const Update* Workspace::take_update(int slot) {
  Offered& offered = updates_[static_cast<size_t>(slot)];
  if (!offered.update.run) return nullptr;
  offered.taken = true;
  return &offered.update;
}

void Workspace::add(Phase phase) {
  bool spoils = false;
  // What an update that waits reads must stay until then.
  for (const Phase& waits : waiting_update_) {
    for (const Access& now : phase.accesses) {
      for (const Access& then : waits.accesses)
        spoils = spoils || (now.write && overlap(now, then));
    }
  }
  if (spoils) flush_update();
  phases_.push_back(std::move(phase));
}

void Workspace::add_update(Phase phase) {
  if (by_rows_) return last_.push_back(std::move(phase));
  flush_update();
  waiting_update_.push_back(std::move(phase));
}

void Workspace::flush_update() {
  for (Phase& phase : waiting_update_) phases_.push_back(std::move(phase));
  waiting_update_.clear();
}

void Workspace::forward_phases(Looks* looks) {
  if (looks != nullptr) looks->add_value_phases(*this, 0);
  for (const auto& op : ops_) {
    if (!skips(*op)) op->forward(*this);
    if (looks != nullptr) looks->add_value_phases(*this, op->spec().output);
  }
}

bool Workspace::skips(const Op& op) const {
  return (mode_ == Mode::inference || mode_ == Mode::forward) && op.is_identity(*this);
}

// gradient = first reader's + second reader's + ..., in an order fixed by the program.
void Workspace::sum_edges(int value) {
  Block* sum = gradients_[value];
  const Block* first = nullptr;
  for (const Edge& edge : edges_) {
    if (edge.op->spec().inputs[edge.input] != value) continue;
    const Block* block = edge.block;
    if (first == nullptr) {
      first = block;
      continue;
    }
    auto add = kernels_.activation.add;
    const int64_t n = sum->width;
    const Split how = splits_[value];
    this->add({"sum gradients",
               how,
               n,
               true,
               {reads(first, how), reads(block, how), writes(sum, how)},
               [=](const Pass&, const Tile& t) {
                 const int64_t at = t.rows.begin * n + t.columns.begin;
                 add(t.rows.size(), t.columns.size(), first->data + at, n, block->data + at, n,
                     sum->data + at, n);
               }});
    first = sum;
  }
}

void Workspace::backward_phases() {
  for (size_t i = ops_.size(); i-- > 0;) {
    const Op& op = *ops_[i];
    const int out = op.spec().output;
    if (!needs_gradient_[out]) continue;
    if (out == program_.output && out != program_.loss_value()) continue;
    // Several readers: sum what they wrote, in the order of the program.
    if (program_.consumers(out) > 1) sum_edges(out);
    op.backward(*this);
    sum_shared(op);
  }
  if (needs_gradient_[0] && program_.consumers(0) > 1) sum_edges(0);
  flush_update();
  for (Phase& phase : last_) phases_.push_back(std::move(phase));
  last_.clear();
}

}  // namespace trimtab
