#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "evaluation/average_precision.h"
#include "evaluation/records.h"

namespace tenon {
class Team;
}

namespace tenon::evaluation {

enum class AverageRule { ElevenPoint, Area };
enum class PixelRule { Inclusive, Continuous };
enum class MatchingRule { ArgMax, NextFree };
enum class ThresholdRule { AtLeast, Above };
enum class DifficultRule { Honoured, Counted };
enum class TieOrder { Stable, Reversed };
enum class EmptyPrecision { Zero, Undefined };
enum class AveragedClasses { WithTruth, WithAny };

/// The conventions of VOC's protocol and of what calls itself so. Defaults are those of VOCdevkit,
/// but for the first precision, where its 0 / 0 helps nobody.
struct VocOptions {
  double iou_threshold = 0.5;
  // VOC 2007 to 2009: ElevenPoint; 2010 on: Area.
  AverageRule average = AverageRule::Area;
  // Inclusive: coordinates name pixels, width = right - left + 1 (VOCevaldet.m). Continuous: COCO's.
  PixelRule pixels = PixelRule::Inclusive;
  // ArgMax: the truth overlapped most; where it is taken the detection is wrong. NextFree: the
  // free truth overlapped most, as COCO has it.
  MatchingRule matching = MatchingRule::ArgMax;
  // AtLeast: overlap >= threshold (VOCdevkit, Cartucho/mAP). Above: > (voc_eval.py).
  ThresholdRule threshold = ThresholdRule::AtLeast;
  // Honoured: difficult objects are no positives, what finds them is neither right nor wrong.
  // Counted: as any other (rafaelpadilla/Object-Detection-Metrics).
  DifficultRule difficult = DifficultRule::Honoured;
  // Of equal scores. Stable: the order of the file (MATLAB's sort). Reversed: its reverse (TensorFlow
  // Object Detection API).
  TieOrder ties = TieOrder::Stable;
  RecallGrid grid = RecallGrid::Matlab;  // of ElevenPoint; voc_eval.py: Numpy
  // Precision while only difficult objects were found: Zero (voc_eval.py), Undefined (VOCdevkit: 0/0).
  EmptyPrecision empty_precision = EmptyPrecision::Zero;
  // WithTruth: the mean is over classes that have an object to find. WithAny: classes that only
  // have detections or difficult objects count as 0.
  AveragedClasses classes = AveragedClasses::WithTruth;
};

enum class VocVerdict : std::uint8_t { Right, Wrong, Ignored };

/// One class. The curves have one entry a detection, highest score first.
struct VocClass {
  std::uint64_t positives = 0;              // truths to find
  std::vector<std::uint32_t> rows;          // of Detections
  std::vector<VocVerdict> verdicts;         // [detection]
  std::vector<double> recall;               // [detection]; NaN without positives
  std::vector<double> precision;            // [detection]
  std::optional<double> average_precision;  // nothing without positives, unless classes is WithAny
};

struct VocResult {
  std::vector<VocClass> classes;  // those of the truth, in its order
  std::optional<double> mean;     // mean average precision; nothing if no class has one
};

/// Pixels, as the rule counts them, in both over pixels in either. Boxes are left, top and the
/// differences right - left, bottom - top.
double voc_overlap(const Box& detection, const Box& truth, PixelRule pixels);

/// Scores boxes by the protocol of the PASCAL VOC challenge (VOCevaldet.m; Everingham et al. 2010).
/// The same bits for any team size. Throws Error(Usage) for a threshold that is not in (0, 1].
VocResult evaluate_voc(const Truth& truth, const Detections& detections, const VocOptions& options,
                       Team* team = nullptr);

}  // namespace tenon::evaluation
