#include <algorithm>
#include <array>

#include "base/error.h"
#include "kernels/provider.h"

namespace tenon::kernels {

void MatmulWeight::pack(Range, const std::byte*) {
  TENON_CHECK(grains == 0);  // who asks for packing says how
}

std::unique_ptr<MatmulWeight> Kernels::adopt_weight(const PackedTensor&) const {
  throw Error(ErrorKind::Unsupported,
              "the " + std::string(name()) + " kernels read no packed weights");
}

void check_packed(const PackedTensor& packed, std::size_t bytes) {
  if (packed.bytes.size() != bytes)
    throw Error(ErrorKind::Input, "packed weights of shape " + packed.shape.to_string() + " have " +
                                      std::to_string(packed.bytes.size()) + " bytes, not " +
                                      std::to_string(bytes))
        .hint("the file is damaged; pack the model anew");
  if (reinterpret_cast<std::uintptr_t>(packed.bytes.data()) % 64 != 0)
    throw Error(ErrorKind::Input, "packed weights do not begin at a multiple of 64 bytes")
        .hint("the file is damaged; pack the model anew");
}

std::unique_ptr<MatmulWeight> Kernels::prepare_weight(const TensorView& weight, Precision precision,
                                                      bool may_repack) const {
  auto prepared = place_weight(weight, precision, may_repack);
  if (prepared->grains > 0) prepared->pack({0, prepared->grains}, weight.data);
  return prepared;
}

namespace {

// From fast to plain: each takes what it lacks from the next.
const Kernels& best_below_onednn() {
  return highway_state().is_available ? highway_kernels() : reference_kernels();
}

const Kernels& best_available() {
  return avx512_state().is_available ? avx512_kernels() : best_below_onednn();
}

std::string describe(const ProviderState& state) {
  return state.is_available ? state.name : state.name + " (" + state.reason + ")";
}

}  // namespace

std::vector<ProviderState> providers() {
  return {avx512_state(), onednn_state(), highway_state(), {"reference", true, ""}};
}

std::string describe_providers() {
  std::string text;
  for (const ProviderState& state : providers()) {
    const std::string sets =
        state.is_available ? select_kernels(state.name).instruction_sets() : state.reason;
    text += "kernels " + state.name + ": " + sets + "\n";
  }
  return text + "kernels auto: " + std::string(select_kernels("auto").name());
}

const Kernels& select_kernels(std::string_view name) {
  if (name == "auto") return best_available();
  std::string known = "auto";
  for (const ProviderState& state : providers()) {
    known += ", " + describe(state);
    if (state.name != name) continue;
    if (!state.is_available)
      throw Error(ErrorKind::Unsupported,
                  "the kernels " + quoted(name) + " cannot run here: " + state.reason)
          .hint("auto takes the fastest kernels that run on this processor");
    if (name == "avx512") return avx512_kernels();
    if (name == "highway") return highway_kernels();
    if (name == "onednn") return onednn_kernels(best_below_onednn());
    return reference_kernels();
  }
  throw Error(ErrorKind::Unsupported, "there are no kernels named " + quoted(name))
      .hint("known: " + known);
}

void check_weight(const TensorView& weight) {
  if (weight.shape.rank() != 2)
    throw Error(ErrorKind::Shape,
                "a matrix product needs a weight of rank 2, not " + weight.shape.to_string());
  switch (weight.dtype) {
    case DType::F32:
    case DType::F16:
    case DType::BF16:
      return;
    default:
      break;
  }
  const DTypeInfo& info = dtype_info(weight.dtype);
  if (!info.is_block_quantised)
    throw Error(ErrorKind::Unsupported,
                "a matrix product cannot read weights of type " + std::string(info.name));
  if (weight.shape[1] % info.block_elements != 0)
    throw Error(ErrorKind::Shape, "rows of " + std::string(info.name) + " must be a multiple of " +
                                      std::to_string(info.block_elements) + " long, not " +
                                      std::to_string(weight.shape[1]));
}

bool is_operation(std::string_view operation) {
  constexpr std::array<std::string_view, 9> kOperations = {
      "matmul", "rms_norm",    "add",       "silu_multiply", "argmax",
      "narrow", "store_cache", "attention", "dense_matmul"};
  return std::find(kOperations.begin(), kOperations.end(), operation) != kOperations.end();
}

}  // namespace tenon::kernels
