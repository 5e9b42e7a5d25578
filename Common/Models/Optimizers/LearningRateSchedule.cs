using static TorchSharp.torch;

namespace TraversalLearning.Models.Optimizers;

/// <summary>
/// Sets an optimizer's learning rate for every epoch: a warm-up, which TorchSharp lacks, followed by TorchSharp's scheduler.
/// Equivalent to PyTorch's <c>SequentialLR([LinearLR(1 / N, 1, total_iters=N - 1), scheduler], milestones=[N])</c>.
/// </summary>
public sealed class LearningRateSchedule
{
    private readonly optim.Optimizer _optimizer;
    private readonly optim.lr_scheduler.LRScheduler? _scheduler;
    private readonly double _fullRate;
    private readonly int _warmup;
    private int _epoch = 1;

    internal LearningRateSchedule(optim.Optimizer optimizer, ScheduleSettings settings)
    {
        _optimizer = optimizer;
        _fullRate = LearningRate;
        _warmup = settings.WarmupEpochs;
        _scheduler = settings.Kind switch
        {
            ScheduleKind.Step => optim.lr_scheduler.StepLR(optimizer, settings.StepSize, settings.Gamma),
            ScheduleKind.MultiStep => optim.lr_scheduler.MultiStepLR(optimizer, [.. settings.Milestones], settings.Gamma),
            ScheduleKind.Cosine => optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.Epochs - _warmup),
            ScheduleKind.Constant => null,
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Kind, "not a schedule"),
        };
        WarmUp();
    }

    /// <summary>The rate of the current epoch.</summary>
    public double LearningRate
    {
        get => _optimizer.ParamGroups.First().LearningRate;
        private set => _optimizer.ParamGroups.First().LearningRate = value;
    }

    /// <summary>Advances to the next epoch.</summary>
    public void EndEpoch()
    {
        _epoch++;
        if (_epoch <= _warmup + 1)
        {
            WarmUp();
        }
        else
        {
            _scheduler?.step();
        }
    }

    private void WarmUp() => LearningRate = _epoch < _warmup ? _fullRate * _epoch / _warmup : _fullRate;
}
