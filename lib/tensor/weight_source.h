#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace tenon {

/// Named tensors, wherever they come from. Views stay valid as long as the source.
/// Models ask by name and know no file; lib/formats implements it for GGUF and safetensors.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  /// In the order of the file.
  virtual const std::vector<std::string>& names() const = 0;
  virtual std::optional<TensorView> find(std::string_view name) const = 0;
  /// Where the weights come from, for messages: a path.
  virtual std::string origin() const = 0;
};

}  // namespace tenon
