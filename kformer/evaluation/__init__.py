"""How good a model is, and how sure that is: metrics with intervals, figures, the report."""

from kformer.evaluation.details import confusion_matrix, roc_curves, worst_mistakes
from kformer.evaluation.figures import confusion_matrix_png
from kformer.evaluation.judging import Judged, judge
from kformer.evaluation.metrics import classification_metrics, multi_label_metrics, regression_metrics
from kformer.evaluation.pictures import drawn_answer, overlaid
from kformer.evaluation.report import ReportData, render_report
from kformer.evaluation.translation import translation_metrics
from kformer.evaluation.verification import verification_metrics

__all__ = [
    "Judged",
    "ReportData",
    "classification_metrics",
    "confusion_matrix",
    "confusion_matrix_png",
    "drawn_answer",
    "judge",
    "multi_label_metrics",
    "overlaid",
    "regression_metrics",
    "render_report",
    "roc_curves",
    "translation_metrics",
    "verification_metrics",
    "worst_mistakes",
]
