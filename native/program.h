// A program as the engine receives it: plain data, already verified in Python.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kernels/panels.h"

namespace trimtab {

// Up to this many units a product of matrices costs more than the work; see kernels/dense.h.
constexpr int64_t narrow_units = 8;

// Attributes of an op by name. Reading one that is missing or of another type is an error that
// names both, so a typo between the declaration and the engine cannot pass silently.
class Attributes {
 public:
  using Value =
      std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>>;

  void set(const std::string& name, Value value) { values_[name] = std::move(value); }
  bool has(const std::string& name) const { return values_.count(name) != 0; }
  bool flag(const std::string& name) const;
  int64_t integer(const std::string& name) const;
  double number(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  const std::vector<int64_t>& integers(const std::string& name) const;
  const std::vector<double>& numbers(const std::string& name) const;

 private:
  const Value& at(const std::string& name) const;
  std::map<std::string, Value> values_;
};

struct OpSpec {
  std::string kind;
  std::vector<int> inputs;
  int output = 0;
  std::vector<int> parameters;
  std::vector<int> state;
  Attributes attributes;

  // How many members of a network it computes side by side.
  int64_t members() const { return attributes.has("members") ? attributes.integer("members") : 1; }
};

// What a parameter keeps to after each update.
struct ConstraintSpec {
  enum class Kind { non_negative, norm };
  Kind kind = Kind::non_negative;
  float minimum = 0.0f, maximum = 0.0f, rate = 1.0f;
  // The parameter as (outer, length, inner): norms are over the middle.
  int64_t outer = 1, length = 1, inner = 1;
};

struct SlotSpec {
  std::string name;
  int64_t offset = 0;
  int64_t size = 0;
  bool trainable = true;
  float l1 = 0.0f, l2 = 0.0f;
  std::optional<ConstraintSpec> constraint{};
  bool decays = true;
  // A kernel in panels (kernels/panels.h) has so many rows and columns; others lie as outside.
  int64_t rows = 0, columns = 0;
  bool in_panels() const { return rows > 0; }
  // Numbers it takes inside.
  int64_t room() const { return in_panels() ? panels_size(rows, columns) : size; }
};

// The loss of some columns of the outputs.
struct LossSpec {
  Attributes settings;
  int64_t start = 0, outputs = 0;
  float weight = 1.0f;
  bool weighted = false;  // a column behind its targets weighs its rows
};

struct ProgramSpec {
  std::vector<int64_t> widths;
  std::vector<OpSpec> ops;
  int output = 0;
  std::vector<SlotSpec> parameters;
  std::vector<SlotSpec> state;
  std::optional<Attributes> loss;
  std::vector<LossSpec> losses;  // of several outputs, to be added up; else empty
  std::optional<Attributes> optimizer;

  // Numbers, as they are outside: slots one after another.
  int64_t parameter_count() const;
  int64_t trainable_count() const;
  int64_t state_count() const;
  // Sets how slots lie inside: each begins on a cache line, and the kernels of wide layers are in
  // panels, unless products are those of a BLAS or a constraint sees the kernel's rows.
  void place(bool blas);
  // Numbers with the gaps between, as the offsets say.
  int64_t parameter_room() const;
  int64_t trainable_room() const;
  int64_t state_room() const;
  int64_t output_width() const { return widths[output]; }
  // How many networks share the program: each has a loss of its own in training.
  int64_t members() const;
  // The value that the loss reads in training: the output, or what members make it of.
  int loss_value() const;
  // How many ops read a value (the loss reads the output as well, and what it reads in training).
  int consumers(int value) const;
};

}  // namespace trimtab
