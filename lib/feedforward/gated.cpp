#include "feedforward/gated.h"

namespace tenon::feedforward {

void project_gate(const kernels::Kernels& kernels, const PreparedInput& input, const Gated& layer,
                  Range columns, const GatedBuffers& buffers) {
  if (columns.size() <= 0) return;
  apply_columns(kernels, input, {&layer.gate, buffers.gate, buffers.stride}, columns);
  apply_columns(kernels, input, {&layer.up, buffers.up, buffers.stride}, columns);
}

void multiply_gate(const kernels::Kernels& kernels, int rows, Range columns,
                   const GatedBuffers& buffers) {
  if (columns.size() <= 0) return;
  for (int row = 0; row < rows; ++row) {
    const std::ptrdiff_t offset = row * buffers.stride + columns.begin;
    kernels.silu_multiply(buffers.gate + offset, buffers.up + offset, columns.size(),
                          buffers.gate + offset);
  }
}

}  // namespace tenon::feedforward
