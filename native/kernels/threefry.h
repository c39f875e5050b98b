// Threefry-2x32 with 20 rounds on whole vectors of counters; random.h has the scalar twin.
#pragma once

#include "kernels/simd.h"

namespace trimtab::TRIMTAB_LEVEL {
namespace {

// Independent vectors of counters hashed together: one alone would wait for each of its own
// additions and rotations.
constexpr int kTogether = 4;

// 0, 1, 2, ... up to the bytes of a vector.
template <int... k>
struct Sequence {};
template <int n, int... k>
struct MakeSequence : MakeSequence<n - 1, n - 1, k...> {};
template <int... k>
struct MakeSequence<0, k...> {
  using type = Sequence<k...>;
};
using EveryByte = MakeSequence<4 * kLanes>::type;

// The bytes of every word rearranged: byte k of the result is byte b_k of the word, where b_k - 4
// counts in `second`.
template <int b0, int b1, int b2, int b3, int... k>
TRIMTAB_INLINE Words shuffle_bytes(Words first, Words second, Sequence<k...>) {
  constexpr int from[4] = {b0, b1, b2, b3};
  return bits<Words>(
      __builtin_shufflevector(bits<Bytes>(first), bits<Bytes>(second),
                              (k / 4 * 4 + from[k % 4] % 4 + from[k % 4] / 4 * 4 * kLanes)...));
}

template <int distance>
TRIMTAB_INLINE Words rotate(Words x) {
#if defined(__AVX2__) && !defined(__AVX512F__)  // one instruction instead of three
  if constexpr (distance == 16) return shuffle_bytes<2, 3, 0, 1>(x, x, EveryByte{});
  if constexpr (distance == 24) return shuffle_bytes<1, 2, 3, 0>(x, x, EveryByte{});
#endif
  return (x << distance) | (x >> (32 - distance));
}

// Threefry-2x32, 20 rounds (Salmon et al. 2011, table 2 for the distances), on kTogether vectors.
struct Key {
  uint32_t words[3];
};

TRIMTAB_INLINE Key key_of(uint32_t key0, uint32_t key1) {
  return {{key0, key1, key0 ^ key1 ^ 0x1BD11BDAu}};
}

template <int distance>
TRIMTAB_INLINE void one_round(Words (&a)[kTogether], Words (&b)[kTogether]) {
  for (int k = 0; k < kTogether; ++k) {
    a[k] += b[k];
    b[k] = rotate<distance>(b[k]) ^ a[k];
  }
}

template <int d0, int d1, int d2, int d3>
TRIMTAB_INLINE void four_rounds(Words (&a)[kTogether], Words (&b)[kTogether]) {
  one_round<d0>(a, b);
  one_round<d1>(a, b);
  one_round<d2>(a, b);
  one_round<d3>(a, b);
}

TRIMTAB_INLINE void inject(Words (&a)[kTogether], Words (&b)[kTogether], const Key& key,
                           uint32_t n) {
  for (int k = 0; k < kTogether; ++k) {
    a[k] += key.words[n % 3];
    b[k] += key.words[(n + 1) % 3] + n;
  }
}

TRIMTAB_INLINE void threefry(const Key& key, Words (&a)[kTogether], Words (&b)[kTogether]) {
  inject(a, b, key, 0);
  four_rounds<13, 15, 26, 6>(a, b);
  inject(a, b, key, 1);
  four_rounds<17, 29, 16, 24>(a, b);
  inject(a, b, key, 2);
  four_rounds<13, 15, 26, 6>(a, b);
  inject(a, b, key, 3);
  four_rounds<17, 29, 16, 24>(a, b);
  inject(a, b, key, 4);
  four_rounds<13, 15, 26, 6>(a, b);
  inject(a, b, key, 5);
}

// The counters of a tile, kTogether vectors after each other: rows one below the other, in each the
// groups of columns that share one hash. Lanes run over rows and groups alike, so narrow layers
// fill them too. Hashes up to kTogether * kLanes - 1 counters past the last. body(done, a, b)
// gets both words of counters `done` and on.
template <class Body>
TRIMTAB_INLINE void hash_counters(const Key& key, uint32_t first_row, uint32_t first_group,
                                  int64_t rows, int64_t groups, Body body) {
  Words row{};
  Ints group{};
  for (int64_t k = 0; k < kLanes; ++k) {
    row[k] = first_row + static_cast<uint32_t>(k / groups);
    group[k] = static_cast<int32_t>(k % groups);
  }
  const auto width = static_cast<int32_t>(groups);
  const auto row_step = static_cast<uint32_t>(kLanes / width);
  const int32_t group_step = kLanes % width;
  for (int64_t done = 0; done < rows * groups; done += kTogether * kLanes) {
    Words a[kTogether], b[kTogether];
    for (int k = 0; k < kTogether; ++k) {
      a[k] = row;
      b[k] = bits<Words>(group) + first_group;
      row += row_step;
      group += group_step;
      Ints over = group >= fill_ints(width);
      row -= bits<Words>(over);
      group -= over & width;
    }
    threefry(key, a, b);
    body(done, a, b);
  }
}

}  // namespace
}  // namespace trimtab::TRIMTAB_LEVEL
