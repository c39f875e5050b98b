#include "kernels/panels.h"

#include "kernels/matmul.h"
#include "kernels/tile.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

constexpr int64_t kTurnedRows = 96;  // up to which a batch is few rows for the input's gradient
static_assert(panel_width % kColumns == 0 && kInner % panel_width == 0);

// body(j, begin, end) for the strips of kColumns columns that touch [first, first + n): the strip's
// first column, and which of its columns are wanted.
template <class Body>
TRIMTAB_INLINE void over_strips(int64_t first, int64_t n, Body body) {
  for (int64_t j = first / kColumns * kColumns; j < first + n; j += kColumns) {
    body(j, j < first ? first - j : 0, least(kColumns, first + n - j));
  }
}

// A tile of c turned: sums.values[i] is column i of the tile.
template <int Rows, int Vectors>
TRIMTAB_INLINE void put_turned(const Sums<Rows, Vectors>& sums, const Place& to) {
#pragma GCC unroll 2
  for (int part = 0; part < Vectors; ++part) {
#pragma GCC unroll 2
    for (int group = 0; group < Rows; group += kLanes) {
      constexpr int most = Rows < kLanes ? Rows : kLanes;
      Floats v[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) {
        v[i] = i < most && group + i < Rows ? sums.values[group + i][part] : Floats{};
      }
      transpose(v);
      const int columns = Rows - group < kLanes ? Rows - group : kLanes;
      const int64_t rows = to.rows - part * kLanes;
#pragma GCC unroll 16
      for (int r = 0; r < kLanes; ++r) {
        if (r >= rows) break;
        float* at = to.c + (part * kLanes + r) * to.ldc + group;
        float row[kLanes] = {};
        if (!to.first) {
          copy_few(row, at, columns & (kLanes - 1));
          if (columns == kLanes) __builtin_memcpy(row, at, sizeof row);
          v[r] = load(row) + v[r];
        }
        store(row, v[r]);
        if (columns == kLanes) {
          __builtin_memcpy(at, row, sizeof row);
        } else {
          copy_few(at, row, columns);
        }
      }
    }
  }
}

// What a strip of rows of dy meets: rows of the kernel from `kernel` on, and their units.
struct Units {
  const float* kernel;
  int64_t kernel_rows, inner, block;  // units, summed up in blocks
};

// Columns [j, j + Rows) of the input's gradient for a strip of rows of dy. Functions of their own:
// where they were inlined g++ 12 kept sums of the AVX2 level in memory.
template <int Rows, int Vectors>
__attribute__((noinline)) void add_units(Sums<Rows, Vectors>& to, const Units& units, int64_t first,
                                         int64_t last, const float* strip) {
  Sums<Rows, Vectors> sums;
  for (int64_t p = first; p < last; p += panel_width) {
    add_products<panel_width>(sums, least(panel_width, last - p),
                              units.kernel + p * units.kernel_rows, {panel_width, 1},
                              strip + p * kColumns, kColumns);
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      to.values[i][v] = first == 0 ? sums.values[i][v] : to.values[i][v] + sums.values[i][v];
    }
  }
}

template <int Rows, int Vectors>
void turned_tile(const Units& units, const float* strip, const Place& to) {
  Sums<Rows, Vectors> sums;
  for (int64_t p = 0; p < units.inner; p += units.block) {
    add_units(sums, units, p, least(p + units.block, units.inner), strip);
  }
  put_turned(sums, to);
}

template <int Vectors>
void turned_tiles(Units units, int64_t n, const float* strip, Place to) {
  while (n > 0) {
    auto take = [&](auto height) TRIMTAB_BODY {
      constexpr int count = decltype(height)::value;
      turned_tile<count, Vectors>(units, strip, to);
      units.kernel += count * panel_width;
      to.c += count;
      n -= count;
    };
    if (n >= kRows) {
      take(Constant<kRows>{});
    } else if (n >= kThird) {
      take(Constant<kThird>{});
    } else {
      take(Constant<1>{});
    }
  }
}

// Columns [0, kTogether * kColumns) of one row's product: strips side by side, since one alone
// would wait for its own additions. strips: where each begins in the kernel.
constexpr int kTogether = 4;
void row_by_strips(int64_t inner, const float* x, const float* kernel,
                   const int64_t (&strips)[kTogether], float* y, bool first) {
  Floats sums[kTogether][2] = {};
  for (int64_t p = 0; p < inner; ++p) {
    const Floats value = fill(x[p]);
    const float* row = kernel + p * panel_width;
#pragma GCC unroll 4
    for (int s = 0; s < kTogether; ++s) {
      sums[s][0] = fma(value, load(row + strips[s]), sums[s][0]);
      sums[s][1] = fma(value, load(row + strips[s] + kLanes), sums[s][1]);
    }
  }
#pragma GCC unroll 4
  for (int s = 0; s < kTogether; ++s) {
    float* at = y + s * kColumns;
    store(at, first ? sums[s][0] : load(at) + sums[s][0]);
    store(at + kLanes, first ? sums[s][1] : load(at + kLanes) + sums[s][1]);
  }
}

// With few rows the kernel would cost as much to turn as it gives: c is computed turned, from the
// kernel where it lies and strips of dy's rows.
void input_gradient_of_few(int64_t rows, int64_t units, int64_t block, int64_t first, int64_t n,
                           const float* dy, int64_t lddy, const float* kernel, int64_t kernel_rows,
                           float* dx, int64_t lddx, float* scratch) {
  const int64_t together = units <= 2 * block ? units : block;  // two halves have their room
  for (int64_t q = 0; q < units; q += together) {
    const int64_t inner = least(together, units - q);
    const Units part{kernel + place_in_panels(kernel_rows, first, q), kernel_rows, inner, block};
    for (int64_t i = 0; i < rows; i += kColumns) {
      const int64_t height = least(kColumns, rows - i);
      pack_across<kColumns>(dy + i * lddy + q, lddy, height, inner, scratch);
      const Place to{dx + i * lddx, lddx, height, 0, n, q == 0};
      if (height > kLanes) {
        turned_tiles<2>(part, n, scratch, to);
      } else {
        turned_tiles<1>(part, n, scratch, to);
      }
    }
  }
}

}  // namespace

// Measured on layers of 256 inputs and units, GFLOP/s of 95 / 183, this, the kernel's and the
// input's gradient: 32 rows 81, 88, 80 / 170, 163, 162; 64 rows 87, 88, 79 / 165, 160, 162; 256
// rows 88, 88, 84 / 168, 163, 160.
void panels_product(int64_t rows, int64_t inputs, int64_t first, int64_t n, const float* x,
                    int64_t ldx, const float* kernel, float* y, int64_t ldy, float* scratch) {
  if (rows == 1 && first % kColumns == 0 && n >= kTogether * kColumns) {
    const int64_t whole = n / (kTogether * kColumns) * (kTogether * kColumns);
    for (int64_t q = 0; q < inputs; q += kInner) {
      for (int64_t j = 0; j < whole; j += kTogether * kColumns) {
        int64_t strips[kTogether];
        for (int s = 0; s < kTogether; ++s) {
          strips[s] = place_in_panels(inputs, q, first + j + s * kColumns);
        }
        row_by_strips(least(kInner, inputs - q), x + q, kernel, strips, y + j, q == 0);
      }
    }
    first += whole;
    n -= whole;
    y += whole;
  }
  const bool pack = n > kFewColumns;
  for (int64_t q = 0; q < inputs && n > 0; q += kInner) {
    const int64_t inner = least(kInner, inputs - q);
    for (int64_t r = 0; r < rows; r += kBlock) {
      const LeftRows left{x + r * ldx + q, ldx, 1, least(kBlock, rows - r), inner, pack, scratch};
      left.prepare();
      over_strips(first, n, [&](int64_t j, int64_t begin, int64_t end) TRIMTAB_BODY {
        const float* right = kernel + place_in_panels(inputs, q, j);
        for (int64_t i = 0; i < left.rows; i += kRows) {
          left.meet(i, right, panel_width,
                    {y + (r + i) * ldy + j - first, ldy, least(kRows, left.rows - i), begin, end,
                     q == 0});
        }
      });
    }
  }
}

void panels_kernel_gradient(int64_t rows, int64_t inputs, int64_t first, int64_t n, const float* x,
                            int64_t ldx, const float* dy, int64_t lddy, float* kernel,
                            int64_t kernel_rows, int64_t top, const GradientUser* user,
                            float* scratch) {
  const bool pack_x = n > kFewColumns;
  const bool pack_dy = inputs > kFewRows && rows * lddy > kSmall;
  float* strip = scratch + matmul_scratch(inputs, rows) - 16 - kColumns * least(kInner, rows);
  float* part =
      user != nullptr && rows <= kInner ? scratch + part_in_scratch(inputs, rows) : nullptr;
  for (int64_t q = 0; q < rows; q += kInner) {
    const int64_t inner = least(kInner, rows - q);
    const GradientUser* then = q + inner == rows ? user : nullptr;
    for (int64_t r = 0; r < inputs; r += kBlock) {
      const int64_t height = least(kBlock, inputs - r);
      const LeftRows left{x + q * ldx + r, 1, ldx, height, inner, pack_x, scratch};
      left.prepare();
      over_strips(first, n, [&](int64_t j, int64_t begin, int64_t end) TRIMTAB_BODY {
        const float* right = dy + q * lddy + j - first;
        int64_t along = lddy;
        if (begin > 0 || end < kColumns) {
          pack_part(right, lddy, begin, end, inner, strip);
        } else if (pack_dy) {
          pack_along<kColumns>(right, lddy, kColumns, inner, strip);
        }
        if (pack_dy || begin > 0 || end < kColumns) {
          right = strip;
          along = kColumns;
        }
        const int64_t place = place_in_panels(kernel_rows, top + r, j), inside = j % panel_width;
        float* to = part != nullptr ? part + inside : kernel + place;
        for (int64_t i = 0; i < left.rows; i += kRows) {
          const int64_t high = least(kRows, left.rows - i);
          left.meet(i, right, along, {to + i * panel_width, panel_width, high, begin, end, q == 0});
        }
        if (then == nullptr) return;
        // A panel is whole with its last strip.
        if (inside + kColumns < panel_width && j + kColumns < first + n) return;
        const int64_t from = j - inside < first ? first : j - inside;
        then->run(then->context, to - inside + from % panel_width, top + r, height, from,
                  least(j + kColumns, first + n) - from);
      });
    }
  }
}

void panels_input_gradient(int64_t rows, int64_t units, int64_t block, int64_t first, int64_t n,
                           const float* dy, int64_t lddy, const float* kernel, int64_t kernel_rows,
                           float* dx, int64_t lddx, float* scratch) {
  if (rows <= kTurnedRows) {
    input_gradient_of_few(rows, units, block, first, n, dy, lddy, kernel, kernel_rows, dx, lddx,
                          scratch);
    return;
  }
  float* strip = scratch + matmul_scratch(rows, units) - 16 - kColumns * least(kInner, units);
  for (int64_t q = 0; q < units; q += block) {
    const int64_t inner = least(block, units - q);
    for (int64_t r = 0; r < rows; r += kBlock) {
      const LeftRows left{dy + r * lddy + q, lddy,   1, least(kBlock, rows - r), inner,
                          n > kFewColumns,   scratch};
      left.prepare();
      for (int64_t j = 0; j < n; j += kColumns) {
        const int64_t columns = least(kColumns, n - j);
        for (int64_t p = 0; p < inner; p += panel_width) {
          pack_across<kColumns>(kernel + place_in_panels(kernel_rows, first + j, q + p),
                                panel_width, columns, least(panel_width, inner - p),
                                strip + p * kColumns);
        }
        for (int64_t i = 0; i < left.rows; i += kRows) {
          left.meet(
              i, strip, kColumns,
              {dx + (r + i) * lddx + j, lddx, least(kRows, left.rows - i), 0, columns, q == 0});
        }
      }
    }
  }
}

}  // namespace trimtab::TRIMTAB_LEVEL
