namespace TorchSharp.Modules;

/// <summary>Hyperparameters of one parameter group; null means the optimizer's default.</summary>
public class OptimizerOptions
{
    public double? LearningRate { get; set; }

    public double InitialLearningRate { get; set; }

    public virtual void LoadStateDict(OptimizerOptions source)
    {
        LearningRate = source.LearningRate;
        InitialLearningRate = source.InitialLearningRate;
    }
}

/// <summary>What an optimizer remembers of one parameter.</summary>
public abstract class OptimizerState(Parameter parameter)
{
    private protected readonly Parameter _parameter = parameter;

    /// <summary>Copies the state of another parameter.</summary>
    public abstract void LoadStateDict(OptimizerState source);

    /// <summary>Back to the state before the first step.</summary>
    public abstract void Initialize(OptimizerOptions options);

    private protected void Load(ref torch.Tensor? target, torch.Tensor? source)
    {
        target?.Dispose();
        target = source?.to(_parameter.device, copy: true).DetachFromDisposeScope();
    }
}

/// <summary>Parameters that share hyperparameters.</summary>
public class ParamGroup : torch.optim.ILearningRateController
{
    public IEnumerable<Parameter> Parameters { get; set; } = [];

    public OptimizerOptions Options { get; set; } = null!;

    public double LearningRate
    {
        get => Options.LearningRate!.Value;
        set => Options.LearningRate = value;
    }

    public double InitialLearningRate
    {
        get => Options.InitialLearningRate;
        set => Options.InitialLearningRate = value;
    }
}

public class ParamGroup<TOptions> : ParamGroup
    where TOptions : OptimizerOptions
{
    public ParamGroup()
    {
    }

    public ParamGroup(IEnumerable<Parameter> parameters, TOptions? options = null)
    {
        Parameters = parameters;
        base.Options = options!;
    }

    public new TOptions Options
    {
        get => (TOptions)base.Options;
        set => base.Options = value;
    }
}
