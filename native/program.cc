#include "program.h"

#include <stdexcept>

#include "aligned.h"

namespace trimtab {
namespace {

int64_t room(const std::vector<SlotSpec>& slots, bool trainable) {
  int64_t end = 0;
  for (const SlotSpec& slot : slots) {
    if (slot.trainable || !trainable) end = slot.offset + whole_lines(slot.room());
  }
  return end;
}

}  // namespace

const Attributes::Value& Attributes::at(const std::string& name) const {
  auto found = values_.find(name);
  if (found == values_.end()) throw std::invalid_argument("attribute '" + name + "' is missing");
  return found->second;
}

bool Attributes::flag(const std::string& name) const {
  const Value& value = at(name);
  if (const bool* b = std::get_if<bool>(&value)) return *b;
  throw std::invalid_argument("attribute '" + name + "' must be a bool");
}

int64_t Attributes::integer(const std::string& name) const {
  const Value& value = at(name);
  if (const int64_t* i = std::get_if<int64_t>(&value)) return *i;
  throw std::invalid_argument("attribute '" + name + "' must be an integer");
}

double Attributes::number(const std::string& name) const {
  const Value& value = at(name);
  if (const double* d = std::get_if<double>(&value)) return *d;
  if (const int64_t* i = std::get_if<int64_t>(&value)) return static_cast<double>(*i);
  throw std::invalid_argument("attribute '" + name + "' must be a number");
}

const std::string& Attributes::text(const std::string& name) const {
  const Value& value = at(name);
  if (const std::string* s = std::get_if<std::string>(&value)) return *s;
  throw std::invalid_argument("attribute '" + name + "' must be a string");
}

const std::vector<int64_t>& Attributes::integers(const std::string& name) const {
  const Value& value = at(name);
  if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) return *list;
  throw std::invalid_argument("attribute '" + name + "' must be a list of integers");
}

const std::vector<double>& Attributes::numbers(const std::string& name) const {
  const Value& value = at(name);
  if (const auto* list = std::get_if<std::vector<double>>(&value)) return *list;
  throw std::invalid_argument("attribute '" + name + "' must be a list of numbers");
}

int64_t ProgramSpec::parameter_count() const {
  int64_t count = 0;
  for (const SlotSpec& slot : parameters) count += slot.size;
  return count;
}

int64_t ProgramSpec::trainable_count() const {
  int64_t count = 0;
  for (const SlotSpec& slot : parameters) count += slot.trainable ? slot.size : 0;
  return count;
}

int64_t ProgramSpec::state_count() const {
  int64_t count = 0;
  for (const SlotSpec& slot : state) count += slot.size;
  return count;
}

void ProgramSpec::place(bool blas) {
  for (const OpSpec& op : ops) {
    if (blas || (op.kind != "matmul" && op.kind != "drop_connect")) continue;
    const int64_t inputs = widths[op.inputs[0]] / op.members();
    const int64_t units = widths[op.output] / op.members();
    SlotSpec& kernel = parameters[op.parameters[0]];
    if (units <= narrow_units || kernel.constraint) continue;
    kernel.rows = inputs;
    kernel.columns = units;
  }
  for (std::vector<SlotSpec>* slots : {&parameters, &state}) {
    int64_t offset = 0;
    for (SlotSpec& slot : *slots) {
      slot.offset = offset;
      offset += whole_lines(slot.room());
    }
  }
}

int64_t ProgramSpec::parameter_room() const { return room(parameters, false); }
int64_t ProgramSpec::trainable_room() const { return room(parameters, true); }
int64_t ProgramSpec::state_room() const { return room(state, false); }

int64_t ProgramSpec::members() const {
  return loss && loss->has("members") ? loss->integer("members") : 1;
}

int ProgramSpec::loss_value() const {
  if (members() > 1) {
    for (const OpSpec& op : ops) {
      if (op.output == output) return op.inputs[0];
    }
  }
  return output;
}

int ProgramSpec::consumers(int value) const {
  int count = value == output ? 1 : 0;
  if (value == loss_value() && value != output) count += 1;
  for (const OpSpec& op : ops) {
    for (int input : op.inputs) count += input == value ? 1 : 0;
  }
  return count;
}

}  // namespace trimtab
