// A program as the engine receives it: plain data, already verified in Python.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace trimtab {

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
};

struct ProgramSpec {
  std::vector<int64_t> widths;
  std::vector<OpSpec> ops;
  int output = 0;
  std::vector<SlotSpec> parameters;
  std::vector<SlotSpec> state;
  std::optional<Attributes> loss;
  std::optional<Attributes> optimizer;

  int64_t parameter_count() const;
  int64_t trainable_count() const;
  int64_t state_count() const;
  int64_t output_width() const { return widths[output]; }
  // How many networks share the program: each has a loss of its own in training.
  int64_t members() const;
  // The value that the loss reads in training: the output, or what members make it of.
  int loss_value() const;
  // How many ops read a value (the loss reads the output as well, and what it reads in training).
  int consumers(int value) const;
};

}  // namespace trimtab
