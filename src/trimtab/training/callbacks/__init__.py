"""Callbacks: look in while a model trains, stop it, save it, average it, change its rate."""

from trimtab.training.callback import Callback
from trimtab.training.callback_list import CallbackList
from trimtab.training.callbacks.best_epochs import BestEpochs
from trimtab.training.callbacks.csv_logger import CSVLogger
from trimtab.training.callbacks.early_stopping import EarlyStopping
from trimtab.training.callbacks.exponential_moving_average import ExponentialMovingAverage
from trimtab.training.callbacks.lambda_callback import LambdaCallback
from trimtab.training.callbacks.learning_rate_scheduler import LearningRateScheduler
from trimtab.training.callbacks.model_checkpoint import ModelCheckpoint
from trimtab.training.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from trimtab.training.callbacks.stochastic_weight_averaging import StochasticWeightAveraging
from trimtab.training.callbacks.swap_ema_weights import SwapEMAWeights
from trimtab.training.callbacks.terminate_on_nan import TerminateOnNaN
from trimtab.training.history import History

__all__ = [
    "BestEpochs",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "ExponentialMovingAverage",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "StochasticWeightAveraging",
    "SwapEMAWeights",
    "TerminateOnNaN",
]
