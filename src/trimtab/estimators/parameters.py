"""The constructors of the estimators for tables. Written by tools/estimators.py: do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ClassifierParameters", "RegressorParameters"]


class RegressorParameters:
    """The arguments of TabularRegressor."""

    def __init__(
        self,
        *,
        missing: tuple[str, ...] = (),
        types: Mapping[str, str] | None = None,
        drop: tuple[str, ...] = (),
        id: tuple[str, ...] = (),  # noqa: A002
        group: str | None = None,
        time: str | None = None,
        fold: int | None = None,
        stratify: bool | None = None,
        copies: str = "auto",
        totals: str = "drop",
        raw: bool = False,
        scaling: str = "auto",
        target_scaling: bool = True,
        target_scale: str = "auto",
        also_categories: int | None = None,
        layers: str | None = None,
        dropout: float | None = None,
        batch_norm: bool | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        weight_decay: float | None = None,
        loss: str | None = None,
        optimize: str | None = None,
        metric: tuple[str, ...] = (),
        average_weights: float | None = None,
        patience: int | None = None,
        schedule: str = "flat",
        beta_2: float | None = None,
        decay_all: bool = True,
        effort: str = "default",
        committee: int = 1,
        members: int = 1,
        time_limit: float | None = None,
        engine: str = "auto",
        early_stopping: bool = True,
        validation_fraction: float | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        """Nothing is checked or changed before ``fit``.

        Args:
            missing: Additional spelling of a missing value.
            types: Type of a column: numeric, integer, boolean, category, datetime, time (of day) or
                text. A format may follow: numeric:1.234,5 or datetime:%d/%m/%Y or category:alike.
            drop: Column to drop.
            id: Column that identifies rows: not a feature, copied to predictions.
            group: Column of groups; each group stays on one side of the split. With time, earlier
                rows of groups that come again later are left out. None: rows are split
                individually.
            time: Column of times: train on earlier rows, validate on later ones. None: random
                split.
            fold: Number of folds: each network trains without one of them and is scored on it;
                their average predicts. With time, a network on all rows does. 0: one network, one
                split. None: by the rows; 0 with valid, time or committee.
            stratify: Keep class proportions on both sides of the split. None: on for random splits
                of classes.
            copies: Duplicate rows: together (on one side of the split), apart (split like any row)
                or auto (together, unless most rows are duplicates).
            totals: Rows of totals, whose numbers are the sums of the others: drop or keep.
            raw: Do not scale numbers; batch normalization of the inputs does it.
            scaling: Scaling of numbers: auto (by each column's tails), standard, robust, quantile
                or none.
            target_scaling: Standardize the target for training; scores stay in its units.
            target_scale: Scale that a numeric target is learned on: auto (log where that makes the
                rows clearly more likely, else standard), standard, log or yeo-johnson.
            also_categories: Whole numbers of at most N different values, such as hours, are
                categories besides. None: numbers alone.
            layers: Hidden layers, such as "256 bn relu dropout:0.2, 128 relu"; "64, 64" has relu
                after each. None: two of 256 units.
            dropout: Dropout rate of the default layers. None: 0.2.
            batch_norm: Batch normalization in the default layers. None: on.
            epochs: Maximum number of epochs. None: from the number of rows.
            batch_size: Rows per batch. None: from the number of rows.
            lr: Initial learning rate; schedule says how it goes on. None: 0.002; 0.001 for
                classification.
            weight_decay: Weight decay of AdamW (decoupled). None: 0.01.
            loss: Training loss; mae or mse for regression. None: mae or cross-entropy.
            optimize: Metric to optimize: rmse, mae or r2 for numbers; log_loss, accuracy, auc,
                balanced_accuracy, f1 or another for classes. It chooses the loss, is quoted first,
                and what it is compared with. None: mae or log loss.
            metric: Metric: the first one is quoted; accuracy, mae, mse and rmse are also tracked by
                epoch.
            average_weights: Validate and keep an average of the weights over the last epochs: what
                the past counts, at least 0 and below 1; 0: no average. None: 0.8; less for fewer
                than 100 epochs.
            patience: Epochs without improvement before training stops. None: a quarter of the
                epochs, at least 10.
            schedule: Course of the learning rate: flat stays for half of the steps and falls to 0;
                cosine falls from the start; warmup rises for 5 % of the steps first; cycles rises
                and falls four times; constant stays.
            beta_2: Memory of AdamW for squares of gradients, such as 0.95 for a short one. None:
                0.999.
            decay_all: Weight decay of biases, batch normalization and embeddings, too, not of
                kernels alone.
            effort: quick: one network on one split; default: one for each fold; best: three for
                each fold.
            committee: Number of networks to train, each from its own seed, and average.
            members: Number of members of each network: they share kernels and are averaged.
            time_limit: Stop after this time: seconds, or 90s, 10m, 1h30m. None: none.
            engine: Engine: native, jax (needs trimtab[jax]) or auto (TRIMTAB_ENGINE, else native).
            early_stopping: Hold rows out, as ``train`` does, stop where they get no better, and
                score and calibrate on them. False: one network is trained on all rows for all
                epochs.
            validation_fraction: Share of the rows to hold out for ``early_stopping``. None:
                ``train`` decides.
            warm_start: ``fit`` goes on with the network of the last ``fit``, with its columns and
                its preparation.
            random_state: Seed of the split, initial weights, row order and dropout: an integer, a
                RandomState, or None for another one each time.
            n_jobs: Number of threads; results do not depend on it. None: 1, or what
                joblib.parallel_config says. -1: all cores.
            verbose: 1 prints what ``trimtab train`` prints, 2 also each epoch.
        """
        self.missing = missing
        self.types = types
        self.drop = drop
        self.id = id
        self.group = group
        self.time = time
        self.fold = fold
        self.stratify = stratify
        self.copies = copies
        self.totals = totals
        self.raw = raw
        self.scaling = scaling
        self.target_scaling = target_scaling
        self.target_scale = target_scale
        self.also_categories = also_categories
        self.layers = layers
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.loss = loss
        self.optimize = optimize
        self.metric = metric
        self.average_weights = average_weights
        self.patience = patience
        self.schedule = schedule
        self.beta_2 = beta_2
        self.decay_all = decay_all
        self.effort = effort
        self.committee = committee
        self.members = members
        self.time_limit = time_limit
        self.engine = engine
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose


class ClassifierParameters:
    """The arguments of TabularClassifier."""

    def __init__(
        self,
        *,
        missing: tuple[str, ...] = (),
        types: Mapping[str, str] | None = None,
        drop: tuple[str, ...] = (),
        id: tuple[str, ...] = (),  # noqa: A002
        group: str | None = None,
        time: str | None = None,
        fold: int | None = None,
        stratify: bool | None = None,
        copies: str = "auto",
        totals: str = "drop",
        raw: bool = False,
        scaling: str = "auto",
        also_categories: int | None = None,
        class_weight: Mapping[Any, float] | str | None = None,
        positive: str | int | float | bool | None = None,
        threshold: float | str | None = None,
        cost: Mapping[str, float] | None = None,
        calibrate: str | None = None,
        layers: str | None = None,
        dropout: float | None = None,
        batch_norm: bool | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        weight_decay: float | None = None,
        loss: str | None = None,
        optimize: str | None = None,
        metric: tuple[str, ...] = (),
        average_weights: float | None = None,
        patience: int | None = None,
        schedule: str = "flat",
        beta_2: float | None = None,
        decay_all: bool = True,
        label_smoothing: float = 0.0,
        effort: str = "default",
        committee: int = 1,
        members: int = 1,
        time_limit: float | None = None,
        engine: str = "auto",
        early_stopping: bool = True,
        validation_fraction: float | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        """Nothing is checked or changed before ``fit``.

        Args:
            missing: Additional spelling of a missing value.
            types: Type of a column: numeric, integer, boolean, category, datetime, time (of day) or
                text. A format may follow: numeric:1.234,5 or datetime:%d/%m/%Y or category:alike.
            drop: Column to drop.
            id: Column that identifies rows: not a feature, copied to predictions.
            group: Column of groups; each group stays on one side of the split. With time, earlier
                rows of groups that come again later are left out. None: rows are split
                individually.
            time: Column of times: train on earlier rows, validate on later ones. None: random
                split.
            fold: Number of folds: each network trains without one of them and is scored on it;
                their average predicts. With time, a network on all rows does. 0: one network, one
                split. None: by the rows; 0 with valid, time or committee.
            stratify: Keep class proportions on both sides of the split. None: on for random splits
                of classes.
            copies: Duplicate rows: together (on one side of the split), apart (split like any row)
                or auto (together, unless most rows are duplicates).
            totals: Rows of totals, whose numbers are the sums of the others: drop or keep.
            raw: Do not scale numbers; batch normalization of the inputs does it.
            scaling: Scaling of numbers: auto (by each column's tails), standard, robust, quantile
                or none.
            also_categories: Whole numbers of at most N different values, such as hours, are
                categories besides. None: numbers alone.
            class_weight: Weights of classes in training: ``balanced`` gives every class the same
                total weight, a dict a weight to each. None: equal weights of rows.
            positive: Class that precision, recall, F1, AUC and the threshold speak of. None: the
                rarer of two.
            threshold: Probability from which on the positive class is predicted; balanced or f1
                chooses it for the balanced accuracy or F1, on rows not trained on. None: the most
                likely class.
            cost: What a row of this class costs if the other one is predicted (fraud=50); chooses
                the threshold. Classes not named cost 1. None: none.
            calibrate: Correct probabilities on rows not trained on: isotonic or sigmoid. None: as
                the network gives them.
            layers: Hidden layers, such as "256 bn relu dropout:0.2, 128 relu"; "64, 64" has relu
                after each. None: two of 256 units.
            dropout: Dropout rate of the default layers. None: 0.2.
            batch_norm: Batch normalization in the default layers. None: on.
            epochs: Maximum number of epochs. None: from the number of rows.
            batch_size: Rows per batch. None: from the number of rows.
            lr: Initial learning rate; schedule says how it goes on. None: 0.002; 0.001 for
                classification.
            weight_decay: Weight decay of AdamW (decoupled). None: 0.01.
            loss: Training loss; mae or mse for regression. None: mae or cross-entropy.
            optimize: Metric to optimize: rmse, mae or r2 for numbers; log_loss, accuracy, auc,
                balanced_accuracy, f1 or another for classes. It chooses the loss, is quoted first,
                and what it is compared with. None: mae or log loss.
            metric: Metric: the first one is quoted; accuracy, mae, mse and rmse are also tracked by
                epoch.
            average_weights: Validate and keep an average of the weights over the last epochs: what
                the past counts, at least 0 and below 1; 0: no average. None: 0.8; less for fewer
                than 100 epochs.
            patience: Epochs without improvement before training stops. None: a quarter of the
                epochs, at least 10.
            schedule: Course of the learning rate: flat stays for half of the steps and falls to 0;
                cosine falls from the start; warmup rises for 5 % of the steps first; cycles rises
                and falls four times; constant stays.
            beta_2: Memory of AdamW for squares of gradients, such as 0.95 for a short one. None:
                0.999.
            decay_all: Weight decay of biases, batch normalization and embeddings, too, not of
                kernels alone.
            label_smoothing: Share of each label that is spread over all classes.
            effort: quick: one network on one split; default: one for each fold; best: three for
                each fold.
            committee: Number of networks to train, each from its own seed, and average.
            members: Number of members of each network: they share kernels and are averaged.
            time_limit: Stop after this time: seconds, or 90s, 10m, 1h30m. None: none.
            engine: Engine: native, jax (needs trimtab[jax]) or auto (TRIMTAB_ENGINE, else native).
            early_stopping: Hold rows out, as ``train`` does, stop where they get no better, and
                score and calibrate on them. False: one network is trained on all rows for all
                epochs.
            validation_fraction: Share of the rows to hold out for ``early_stopping``. None:
                ``train`` decides.
            warm_start: ``fit`` goes on with the network of the last ``fit``, with its columns and
                its preparation.
            random_state: Seed of the split, initial weights, row order and dropout: an integer, a
                RandomState, or None for another one each time.
            n_jobs: Number of threads; results do not depend on it. None: 1, or what
                joblib.parallel_config says. -1: all cores.
            verbose: 1 prints what ``trimtab train`` prints, 2 also each epoch.
        """
        self.missing = missing
        self.types = types
        self.drop = drop
        self.id = id
        self.group = group
        self.time = time
        self.fold = fold
        self.stratify = stratify
        self.copies = copies
        self.totals = totals
        self.raw = raw
        self.scaling = scaling
        self.also_categories = also_categories
        self.class_weight = class_weight
        self.positive = positive
        self.threshold = threshold
        self.cost = cost
        self.calibrate = calibrate
        self.layers = layers
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.loss = loss
        self.optimize = optimize
        self.metric = metric
        self.average_weights = average_weights
        self.patience = patience
        self.schedule = schedule
        self.beta_2 = beta_2
        self.decay_all = decay_all
        self.label_smoothing = label_smoothing
        self.effort = effort
        self.committee = committee
        self.members = members
        self.time_limit = time_limit
        self.engine = engine
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
