namespace TorchSharp.Modules;

/// <summary>The hyperparameters that Adam and AdamW share.</summary>
public abstract class AdamOptions : OptimizerOptions
{
    public double? beta1;
    public double? beta2;
    public double? eps;
    public double? weight_decay;
    public bool? amsgrad;
    public bool? maximize;

    /// <summary>An optimizer's defaults, checked.</summary>
    internal static T Defaults<T>(double lr, double beta1, double beta2, double eps, double weight_decay, bool amsgrad, bool maximize)
        where T : AdamOptions, new()
    {
        OptimizerHelper.Require(lr >= 0.0, nameof(lr), lr);
        OptimizerHelper.Require(eps >= 0.0, nameof(eps), eps);
        OptimizerHelper.Require(beta1 is >= 0 and < 1.0, nameof(beta1), beta1);
        OptimizerHelper.Require(beta2 is >= 0 and < 1.0, nameof(beta2), beta2);
        OptimizerHelper.Require(weight_decay >= 0.0, nameof(weight_decay), weight_decay);
        return new T
        {
            LearningRate = lr,
            InitialLearningRate = lr,
            beta1 = beta1,
            beta2 = beta2,
            eps = eps,
            weight_decay = weight_decay,
            amsgrad = amsgrad,
            maximize = maximize,
        };
    }

    /// <summary>Takes over what a group leaves open.</summary>
    internal void CompleteFrom(AdamOptions defaults)
    {
        LearningRate ??= defaults.LearningRate;
        beta1 ??= defaults.beta1;
        beta2 ??= defaults.beta2;
        eps ??= defaults.eps;
        weight_decay ??= defaults.weight_decay;
        amsgrad ??= defaults.amsgrad;
        maximize ??= defaults.maximize;
    }

    public override void LoadStateDict(OptimizerOptions source)
    {
        base.LoadStateDict(source);
        var other = (AdamOptions)source;
        beta1 = other.beta1;
        beta2 = other.beta2;
        eps = other.eps;
        weight_decay = other.weight_decay;
        amsgrad = other.amsgrad;
        maximize = other.maximize;
    }
}

/// <summary>The running moments of one parameter, and the update that Adam and AdamW share.</summary>
public abstract class AdamState : OptimizerState, IDisposable
{
    public long step;
    public torch.Tensor exp_avg;
    public torch.Tensor exp_avg_sq;
    public torch.Tensor? max_exp_avg_sq;

    private protected AdamState(Parameter parameter)
        : base(parameter)
    {
        exp_avg = torch.zeros_like(parameter).DetachFromDisposeScope();
        exp_avg_sq = torch.zeros_like(parameter).DetachFromDisposeScope();
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    public override void Initialize(OptimizerOptions options)
    {
        step = 0;
        exp_avg.zero_();
        exp_avg_sq.zero_();
        max_exp_avg_sq?.Dispose();
        max_exp_avg_sq = ((AdamOptions)options).amsgrad == true ? torch.zeros_like(_parameter).DetachFromDisposeScope() : null;
    }

    public override void LoadStateDict(OptimizerState source)
    {
        var other = (AdamState)source;
        step = other.step;
        Load(ref exp_avg!, other.exp_avg);
        Load(ref exp_avg_sq!, other.exp_avg_sq);
        Load(ref max_exp_avg_sq, other.max_exp_avg_sq);
    }

    internal void Step(Parameter parameter, torch.Tensor grad, AdamOptions options)
    {
        double beta1 = options.beta1!.Value, beta2 = options.beta2!.Value;
        step += 1;
        double correction1 = 1 - Math.Pow(beta1, step);
        double correction2 = 1 - Math.Pow(beta2, step);
        exp_avg.mul_(beta1).add_(grad, 1 - beta1);
        exp_avg_sq.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
        torch.Tensor second = exp_avg_sq;
        if (max_exp_avg_sq is not null) second = max_exp_avg_sq.copy_(torch.maximum(max_exp_avg_sq, second));
        torch.Tensor denominator = second.sqrt().div_(Math.Sqrt(correction2)).add_(options.eps!.Value);
        parameter.addcdiv_(exp_avg, denominator, -(options.LearningRate!.Value / correction1));
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        exp_avg.Dispose();
        exp_avg_sq.Dispose();
        max_exp_avg_sq?.Dispose();
    }
}
