#include "feedforward/gated.h"

namespace tenon::feedforward {

void apply_gate(const kernels::Kernels& kernels, const PreparedInput& input, const Gated& layer,
                Range columns, float* hidden, float* up_buffer, std::ptrdiff_t stride) {
  if (columns.size() <= 0) return;
  apply_columns(kernels, input, {.layer = &layer.gate, .output = hidden, .stride = stride},
                columns);
  apply_columns(kernels, input, {.layer = &layer.up, .output = up_buffer, .stride = stride},
                columns);
  for (int row = 0; row < input.rows; ++row) {
    float* gate = hidden + row * stride + columns.begin;
    kernels.silu_multiply(gate, up_buffer + row * stride + columns.begin, columns.size(), gate);
  }
}

}  // namespace tenon::feedforward
