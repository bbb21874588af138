#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/aligned_buffer.h"
#include "base/team.h"
#include "kernels/kernels.h"

/// Dense layers over prepared rows of activations.
namespace tenon::feedforward {

/// Which activation forms the layers that share an input read.
class FormSet {
 public:
  void insert(kernels::ActivationForm form) { bits_ |= 1u << static_cast<unsigned>(form); }
  void insert(const FormSet& other) { bits_ |= other.bits_; }
  bool contains(kernels::ActivationForm form) const {
    return (bits_ >> static_cast<unsigned>(form) & 1u) != 0;
  }

 private:
  unsigned bits_ = 0;
};

/// output = weight . input + bias.
struct Linear {
  std::unique_ptr<kernels::MatmulWeight> weight;  // [out_features, in_features]
  AlignedBuffer<float> bias;                      // [out_features]; empty: none
};

/// The forms that `layers` read.
FormSet forms_of(const kernels::Kernels& kernels, std::initializer_list<const Linear*> layers);

/// Rows of activations in each form that some layer wants, one buffer a form, in numbered slots.
class PreparedRows {
 public:
  /// Room for `slots` rows of `in_features` numbers in `forms`; contents are lost when it grows.
  void reserve(const kernels::Kernels& kernels, const FormSet& forms, std::int64_t in_features,
               std::int64_t slots);
  /// Puts one row of in_features numbers into a slot, in each of `forms` (reserved before).
  /// Different slots may be filled by different workers at once.
  void prepare(const kernels::Kernels& kernels, const FormSet& forms, const float* row,
               std::int64_t slot);
  /// Slots from `first_slot` on, as matmul reads them.
  const std::byte* rows(kernels::ActivationForm form, std::int64_t first_slot) const;

 private:
  static constexpr std::size_t kForms = kernels::kActivationForms;
  static std::size_t index(kernels::ActivationForm form) { return static_cast<std::size_t>(form); }

  std::int64_t in_features_ = 0;
  std::array<std::size_t, kForms> row_bytes_{};
  std::array<AlignedBuffer<std::byte>, kForms> buffers_;
};

/// Rows of one PreparedRows: `rows` of them from `first_slot` on.
struct PreparedInput {
  const PreparedRows* prepared = nullptr;
  std::int64_t first_slot = 0;
  int rows = 0;
};

/// Where a layer's output goes: row r at output + r * stride.
struct LinearOutput {
  const Linear* layer = nullptr;
  float* output = nullptr;
  std::ptrdiff_t stride = 0;
};

/// Columns `columns` (cut at kColumnGrain) of one layer for all rows, bias included.
void apply_columns(const kernels::Kernels& kernels, const PreparedInput& input,
                   const LinearOutput& target, Range columns);

/// This worker's part of the columns of several layers that read the same input, cut as if they
/// stood side by side: the workers together compute every column of each. `visit(index, columns)`
/// follows each cut.
template <typename Visit>
void share_columns(const Worker& worker, std::span<const LinearOutput> targets,
                   const Visit& visit) {
  constexpr std::ptrdiff_t kGrain = kernels::Kernels::kColumnGrain;
  const auto grains = [](const LinearOutput& target) {
    return (static_cast<std::ptrdiff_t>(target.layer->weight->out_features) + kGrain - 1) / kGrain;
  };
  std::ptrdiff_t total = 0;
  for (const LinearOutput& target : targets) total += grains(target);
  const Range share = worker.share(total);
  std::ptrdiff_t first = 0;
  for (std::size_t i = 0; i < targets.size(); first += grains(targets[i]), ++i) {
    const auto columns = static_cast<std::ptrdiff_t>(targets[i].layer->weight->out_features);
    const auto cut = [&](std::ptrdiff_t grain) {
      return grain <= first ? 0 : std::min((grain - first) * kGrain, columns);
    };
    const Range range{cut(share.begin), cut(share.end)};
    if (range.size() > 0) visit(i, range);
  }
}

/// apply_columns on this worker's part of all `targets`.
void apply_shared(const kernels::Kernels& kernels, const PreparedInput& input,
                  std::span<const LinearOutput> targets, const Worker& worker);

}  // namespace tenon::feedforward
