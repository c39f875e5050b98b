#include "kernels/levels.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

namespace trimtab {

#if TRIMTAB_HAS_GENERIC
namespace generic {
extern const Kernels table;
}
#endif
#if TRIMTAB_HAS_AVX2
namespace avx2 {
extern const Kernels table;
}
#endif
#if TRIMTAB_HAS_AVX512
namespace avx512 {
extern const Kernels table;
}
#endif

namespace {

constexpr int kMaxLevels = 4;

// What is compiled in and runs here, best last. The flags asked for are those that
// native/CMakeLists.txt compiles with (every processor with AVX2 has F16C too).
struct Available {
  const Kernels* tables[kMaxLevels] = {};
  const char* names[kMaxLevels + 1] = {};
  int count = 0;

  void add(const Kernels& table) {
    tables[count] = &table;
    names[count++] = table.level;
  }
  Available() {
#if TRIMTAB_HAS_GENERIC
    add(generic::table);
#endif
#if TRIMTAB_HAS_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2"))
      add(avx2::table);
#endif
#if TRIMTAB_HAS_AVX512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
      add(avx512::table);
#endif
  }
  const Kernels* find(const char* name) const {
    for (int k = 0; k < count; ++k)
      if (std::strcmp(names[k], name) == 0) return tables[k];
    return nullptr;
  }
};

const Available& available() {
  static const Available levels;
  return levels;
}

std::atomic<const Kernels*> forced{nullptr};

const Kernels* chosen_at_start() {
  const Available& levels = available();
  const char* name = std::getenv("TRIMTAB_LEVEL");
  if (!name || !*name) return levels.tables[levels.count - 1];
  if (const Kernels* table = levels.find(name)) return table;
  std::string message = "TRIMTAB_LEVEL must name an instruction-set level that runs here (";
  for (int k = 0; k < levels.count; ++k) message += std::string(k ? ", " : "") + levels.names[k];
  message += std::string("), received \"") + name + "\". Unset it to use the best one.";
  throw std::runtime_error(message);
}

}  // namespace

const Kernels& kernels() {
  if (const Kernels* table = forced.load(std::memory_order_acquire)) return *table;
  static const Kernels* const chosen = chosen_at_start();  // a throw leaves it to the next call
  return *chosen;
}

const char* const* available_levels() { return available().names; }

bool force_level(const char* name) {
  const Kernels* table = available().find(name);
  if (table) forced.store(table, std::memory_order_release);
  return table != nullptr;
}

}  // namespace trimtab
