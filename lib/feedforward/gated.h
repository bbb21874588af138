#pragma once

#include <cstddef>

#include "feedforward/linear.h"

namespace tenon::feedforward {

/// The gated feed-forward network (Shazeer 2020, arXiv:2002.05202, SwiGLU):
/// output = down . (silu(gate . x) * (up . x)).
struct Gated {
  Linear gate;  // [ffn_dim, model_dim]
  Linear up;    // [ffn_dim, model_dim]
  Linear down;  // [model_dim, ffn_dim]
};

/// silu(gate . x) * (up . x), the hidden units in `columns` (cut at kColumnGrain) for all rows, at
/// hidden + r * stride; `up_buffer` is a buffer of the same form.
void apply_gate(const kernels::Kernels& kernels, const PreparedInput& input, const Gated& layer,
                Range columns, float* hidden, float* up_buffer, std::ptrdiff_t stride);

}  // namespace tenon::feedforward
