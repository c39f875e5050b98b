#include "tests/check.h"

#include <cstdarg>
#include <stdexcept>

#include "kernels/levels.h"

#ifdef TRIMTAB_WIDE
namespace trimtab::wide {
extern const Kernels table;
}
#endif

namespace trimtab::test {
namespace {

struct Test {
  const char* name;
  Run run;
  RunOnLevel run_on_level;
};
std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

long passed = 0, failed = 0, failed_here = 0;
std::string place;

}  // namespace

bool add_test(const char* name, Run run) {
  tests().push_back({name, run, nullptr});
  return true;
}
bool add_test(const char* name, RunOnLevel run) {
  tests().push_back({name, nullptr, run});
  return true;
}

bool report(bool ok, const char* file, int line, const std::string& text) {
  ++(ok ? passed : failed);
  if (!ok && ++failed_here <= 5)
    std::printf("FAILED %s\n  %s:%d: %s\n", place.c_str(), file, line, text.c_str());
  return ok;
}

std::string format(const char* pattern, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

}  // namespace trimtab::test

// Runs the tests whose names contain the argument; all of them without one.
int main(int count, char** arguments) {
  using namespace trimtab;
  using namespace trimtab::test;
  const std::string wanted = count > 1 ? arguments[1] : "";
  std::vector<const Kernels*> tables;
  for (const char* const* level = available_levels(); *level; ++level) {
    force_level(*level);
    tables.push_back(&kernels());
  }
#ifdef TRIMTAB_WIDE
  tables.push_back(&wide::table);
#endif
  for (const Test& test : tests()) {
    if (std::string(test.name).find(wanted) == std::string::npos) continue;
    for (const Kernels* table : tables) {
      place = test.name;
      if (test.run_on_level) place += std::string(" (") + table->level + ")";
      failed_here = 0;
      try {
        test.run_on_level ? test.run_on_level(*table) : test.run();
      } catch (const std::exception& error) {
        report(false, __FILE__, __LINE__, std::string("exception: ") + error.what());
      }
      if (!test.run_on_level) break;
    }
  }
  std::printf("%ld passed, %ld failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
