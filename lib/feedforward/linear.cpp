#include "feedforward/linear.h"

#include <algorithm>

#include "base/error.h"

namespace tenon::feedforward {

using kernels::ActivationForm;
using kernels::Kernels;

namespace {

constexpr ActivationForm kAllForms[] = {ActivationForm::Float32, ActivationForm::BFloat16,
                                        ActivationForm::Int8x32};

}  // namespace

FormSet forms_of(const Kernels& kernels, std::initializer_list<const Linear*> layers) {
  FormSet forms;
  for (const Linear* layer : layers) forms.insert(kernels.activation_form(*layer->weight));
  return forms;
}

void PreparedRows::reserve(const Kernels& kernels, const FormSet& forms, std::int64_t in_features,
                           std::int64_t slots) {
  static_assert(std::size(kAllForms) == kForms);
  in_features_ = in_features;
  for (const ActivationForm form : kAllForms) {
    if (!forms.contains(form)) continue;
    row_bytes_[index(form)] = kernels.activation_row_bytes(form, in_features);
    buffers_[index(form)].reserve_discarding(row_bytes_[index(form)] *
                                             static_cast<std::size_t>(slots));
  }
}

void PreparedRows::prepare(const Kernels& kernels, const FormSet& forms, const float* row,
                           std::int64_t slot) {
  for (const ActivationForm form : kAllForms) {
    if (!forms.contains(form)) continue;
    std::byte* destination =
        buffers_[index(form)].data() + static_cast<std::size_t>(slot) * row_bytes_[index(form)];
    kernels.prepare_activations(form, row, in_features_, in_features_, {0, 1}, destination);
  }
}

const std::byte* PreparedRows::rows(ActivationForm form, std::int64_t first_slot) const {
  TENON_CHECK(!buffers_[index(form)].empty());
  return buffers_[index(form)].data() +
         static_cast<std::size_t>(first_slot) * row_bytes_[index(form)];
}

void apply_columns(const Kernels& kernels, const PreparedInput& input, const LinearOutput& target,
                   Range columns) {
  const Linear& layer = *target.layer;
  kernels.matmul(*layer.weight,
                 input.prepared->rows(kernels.activation_form(*layer.weight), input.first_slot),
                 input.rows, columns, target.output, target.stride);
  if (layer.bias.empty()) return;
  for (int row = 0; row < input.rows; ++row)
    kernels.add(layer.bias.data() + columns.begin, columns.size(),
                target.output + row * target.stride + columns.begin);
}

void apply_shared(const Kernels& kernels, const PreparedInput& input,
                  std::span<const LinearOutput> targets, const Worker& worker) {
  share_columns(worker, targets, [&](std::size_t i, Range columns) {
    apply_columns(kernels, input, targets[i], columns);
  });
}

}  // namespace tenon::feedforward
