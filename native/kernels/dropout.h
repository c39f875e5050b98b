// Dropout. Source: Srivastava et al. 2014; inverted scaling as in Keras.
// Random bits: Threefry-2x32 with 20 rounds (Salmon et al. 2011), see random.h for the scalar twin.
#pragma once

#include <cstdint>

namespace trimtab {

// Which elements share one draw: noise_shape (1, n) shares rows, (n, 1) shares columns.
struct DropoutParameters {
  uint32_t key0 = 0, key1 = 0;  // (mix(seed, op id), step)
  uint32_t limit = 0;           // round(rate * 65536): keep where lane >= limit
  float scale = 1.0f;           // 1 / (1 - rate), 0 where rate is 1
  bool moves = false;           // alpha dropout: with an offset, and another number than 0
  float offset = 0.0f, rest = 0.0f;
  bool share_rows = false;     // counter row is 0 for every row
  bool share_columns = false;  // counter column is 0 for every column
};

struct DropoutKernels {
  // Element (i, j) of the block is row first_row + i of the global batch and column
  // first_column + j of the layer (first_column is a multiple of 4). With r that row and c that
  // column: (o0, o1) = threefry2x32(key, counter = (r, c / 4)); lane c % 4 of
  // (o0 & 0xffff, o0 >> 16, o1 & 0xffff, o1 >> 16); keep when lane >= limit.
  // y = keep ? x * scale : 0 (a dropped nan becomes 0, a kept nan stays nan); where it moves,
  // y = keep ? x * scale + offset : rest.
  // mask: one byte an element, 1 kept, 0 dropped.
  void (*forward)(const DropoutParameters& p, int64_t first_row, int64_t first_column, int64_t rows,
                  int64_t columns, const float* x, int64_t ldx, float* y, int64_t ldy,
                  uint8_t* mask, int64_t ldm);
  // dx = mask ? dy * scale : 0.
  void (*backward)(float scale, int64_t rows, int64_t columns, const uint8_t* mask, int64_t ldm,
                   const float* dy, int64_t lddy, float* dx, int64_t lddx);
};

}  // namespace trimtab
