#include "kernels/gaussian_noise.h"

#include "kernels/threefry.h"
#include "kernels/vector_math.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// One hash makes the bits of a group of two neighbouring columns.
constexpr int64_t kGroupColumns = 2;
constexpr int64_t kTileGroups = 512;

// From 2^-24 to 1 - 2^-24, exactly.
TRIMTAB_INLINE Floats uniform_of(Words words) {
  return (__builtin_convertvector(bits<Ints>(words >> 9), Floats) + 0.5f) * 0x1p-23f;
}

// z[2 * (i * groups + g)] and the one behind it: the normal numbers of row first_row + i, columns
// 2 (first_group + g) and the next. Writes up to kTogether * kLanes - 1 pairs past the last.
void normal_tile(const Key& key, uint32_t first_row, uint32_t first_group, int64_t rows,
                 int64_t groups, float* z) {
  hash_counters(key, first_row, first_group, rows, groups,
                [=](int64_t done, const Words(&a)[kTogether], const Words(&b)[kTogether])
                    TRIMTAB_BODY {
                      for (int k = 0; k < kTogether; ++k) {
                        const Floats radius = square_root(-2.0f * log(uniform_of(a[k])));
                        const Floats turn = uniform_of(b[k]) - 0.5f;
                        float even[kLanes], odd[kLanes];
                        // Half a turn further: minus both, which is a rotation of the pair.
                        store(even, radius * -cosine_of_turn(turn));
                        store(odd, radius * -sine_of_turn(turn));
                        float* to = z + 2 * (done + k * kLanes);
                        for (int lane = 0; lane < kLanes; ++lane) {
                          to[2 * lane] = even[lane];
                          to[2 * lane + 1] = odd[lane];
                        }
                      }
                    });
}

}  // namespace

// Measured: 5.9 / 3.0 cycles an element.
void gaussian_noise_forward(const NoiseParameters& p, int64_t first_row, int64_t first_column,
                            int64_t rows, int64_t columns, const float* x, int64_t ldx, float* y,
                            int64_t ldy, float* factor, int64_t ldf) {
  const Key key = key_of(p.key0, p.key1);
  const float deviation = p.deviation;
  constexpr int64_t kTileColumns = kTileGroups * kGroupColumns;
  float noise[kGroupColumns * (kTileGroups + kTogether * kLanes)];
  for (int64_t start = 0; start < columns; start += kTileColumns) {
    const int64_t n = columns - start < kTileColumns ? columns - start : kTileColumns;
    const int64_t groups = (n + kGroupColumns - 1) / kGroupColumns;
    const auto first_group = static_cast<uint32_t>((first_column + start) / kGroupColumns);
    const int64_t tile_rows = kTileGroups / groups;
    for (int64_t i = 0; i < rows; i += tile_rows) {
      const int64_t height = rows - i < tile_rows ? rows - i : tile_rows;
      normal_tile(key, static_cast<uint32_t>(first_row + i), first_group, height, groups, noise);
      over_block(height, n, [=, &noise](int64_t k, int64_t j, auto lanes) TRIMTAB_BODY {
        const int64_t row = i + k, column = start + j;
        const Floats v = lanes.load(x + row * ldx + column);
        const Floats z = lanes.load(noise + kGroupColumns * k * groups + j);
        if (p.multiplies) {
          const Floats f = fma(z, fill(deviation), fill(1.0f));
          lanes.store(factor + row * ldf + column, f);
          lanes.store(y + row * ldy + column, v * f);
        } else {
          lanes.store(y + row * ldy + column, fma(z, fill(deviation), v));
        }
      });
    }
  }
}

// Measured: 0.35 / 0.34 cycles an element.
void gaussian_noise_backward(int64_t rows, int64_t columns, const float* factor, int64_t ldf,
                             const float* dy, int64_t lddy, float* dx, int64_t lddx) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    lanes.store(dx + i * lddx + j,
                lanes.load(dy + i * lddy + j) * lanes.load(factor + i * ldf + j));
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL
