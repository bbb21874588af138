#include "tensor/memory_weights.h"

#include <utility>

namespace tenon {

void MemoryWeights::add(std::string name, Tensor tensor) {
  if (!index_.emplace(name, tensors_.size()).second)
    throw Error(ErrorKind::Input, "there are two tensors named " + quoted(name)).in(origin_);
  tensors_.push_back(std::move(tensor));
  names_.push_back(std::move(name));
}

std::optional<TensorView> MemoryWeights::find(std::string_view name) const {
  const auto entry = index_.find(std::string(name));
  if (entry == index_.end()) return std::nullopt;
  return tensors_[entry->second].view();
}

}  // namespace tenon
