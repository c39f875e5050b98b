#include "kernels/dropout.h"

#include "kernels/threefry.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// One hash makes the bits of a group of four neighbouring columns.
constexpr int64_t kGroupColumns = 4;
constexpr int64_t kTileGroups = 1024;

// Four bytes a lane, 0xff where the column is kept: from the halves of a, then those of b.
TRIMTAB_INLINE Words keep_bytes(Words a, Words b, Halfwords limit) {
  auto first = bits<Words>(bits<Halfwords>(a) >= limit);
  auto second = bits<Words>(bits<Halfwords>(b) >= limit);
#if defined(__AVX2__)
  return shuffle_bytes<0, 2, 4, 6>(first, second, EveryByte{});
#else
  first &= 0xff0000ffu;
  second &= 0xff0000ffu;
  return ((first | first >> 16) & 0x0000ffffu) | ((second | second << 16) & 0xffff0000u);
#endif
}

// keep[i * groups + g]: the bytes of row first_row + i, columns 4 (first_group + g) and on. Writes
// up to kTogether * kLanes - 1 words past the last.
void hash_tile(const Key& key, uint16_t limit, uint32_t first_row, uint32_t first_group,
               int64_t rows, int64_t groups, uint32_t* keep) {
  const Halfwords limits = limit - Halfwords{};
  hash_counters(key, first_row, first_group, rows, groups,
                [=](int64_t done, const Words(&a)[kTogether], const Words(&b)[kTogether])
                    TRIMTAB_BODY {
                      for (int k = 0; k < kTogether; ++k)
                        store_as(keep + done + k * kLanes, keep_bytes(a[k], b[k], limits));
                    });
}

// One row: y = keep ? x * scale : 0, mask = keep ? 1 : 0; keep holds 0xff or 0. With `moves`,
// y = keep ? x * scale + offset : rest.
template <bool moves>
TRIMTAB_INLINE void apply(const DropoutParameters& p, const uint8_t* keep, int64_t columns,
                          const float* x, float* y, uint8_t* mask) {
  const float scale = p.scale, offset = p.offset, rest = p.rest;
  constexpr int64_t kBytes = sizeof(Bytes);
  int64_t j = 0;
  for (; j + kBytes <= columns; j += kBytes) store_as(mask + j, load_as<Bytes>(keep + j) & 1);
  for (; j < columns; ++j) mask[j] = keep[j] & 1;
  over_columns(columns, [=](int64_t k, auto lanes) TRIMTAB_BODY {
    const Ints kept = lanes.load_mask(keep + k);
    const Floats scaled = lanes.load(x + k) * scale;
    lanes.store(y + k,
                moves ? select(kept, scaled + offset, fill(rest)) : keep_where(kept, scaled));
  });
}

}  // namespace

// Measured: 1.9 / 1.2 cycles an element, nearly all of it for the random bits.
void dropout_forward(const DropoutParameters& p, int64_t first_row, int64_t first_column,
                     int64_t rows, int64_t columns, const float* x, int64_t ldx, float* y,
                     int64_t ldy, uint8_t* mask, int64_t ldm) {
  const Key key = key_of(p.key0, p.key1);
  // A lane is below 65536: with that limit none is kept.
  const bool none = p.limit > 65535;
  const auto limit = static_cast<uint16_t>(none ? 65535 : p.limit);
  constexpr int64_t kTileColumns = kTileGroups * kGroupColumns;
  uint32_t words[kTileGroups + kTogether * kLanes];
  uint8_t shared[kTileColumns];
  for (int64_t start = 0; start < columns; start += kTileColumns) {
    const int64_t n = columns - start < kTileColumns ? columns - start : kTileColumns;
    const int64_t groups = p.share_columns ? 1 : (n + kGroupColumns - 1) / kGroupColumns;
    const auto first_group =
        static_cast<uint32_t>(p.share_columns ? 0 : (first_column + start) / kGroupColumns);
    const int64_t tile_rows = p.share_rows ? 1 : kTileGroups / groups;
    int64_t hashed = 0;  // rows below this have their bytes in `words`
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t in_tile = p.share_rows ? 0 : i % tile_rows;
      if (i >= hashed) {
        const int64_t height = p.share_rows ? 1 : (rows - i < tile_rows ? rows - i : tile_rows);
        const auto first = static_cast<uint32_t>(p.share_rows ? 0 : first_row + i);
        hash_tile(key, limit, first, first_group, height, groups, words);
        hashed = p.share_rows ? rows : i + height;
      }
      const auto* keep = reinterpret_cast<const uint8_t*>(words + in_tile * groups);
      if (p.share_columns || none) {
        __builtin_memset(shared, none ? 0 : keep[0], static_cast<size_t>(n));
        keep = shared;
      }
      const float* from = x + i * ldx + start;
      float* to = y + i * ldy + start;
      if (p.moves) {
        apply<true>(p, keep, n, from, to, mask + i * ldm + start);
      } else {
        apply<false>(p, keep, n, from, to, mask + i * ldm + start);
      }
    }
  }
}

// Measured: 0.35 / 0.33 cycles an element.
void dropout_backward(float scale, int64_t rows, int64_t columns, const uint8_t* mask, int64_t ldm,
                      const float* dy, int64_t lddy, float* dx, int64_t lddx) {
  over_block(rows, columns, [=](int64_t i, int64_t j, auto lanes) TRIMTAB_BODY {
    Ints kept = -lanes.load_mask(mask + i * ldm + j);  // 1 becomes all bits
    lanes.store(dx + i * lddx + j, keep_where(kept, lanes.load(dy + i * lddy + j) * scale));
  });
}

}  // namespace trimtab::TRIMTAB_LEVEL
