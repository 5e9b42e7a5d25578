using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>What the optimizers share: groups, per-parameter state, the loop over both.</summary>
public abstract class OptimizerHelper : Optimizer
{
    private readonly Dictionary<Parameter, OptimizerState> _state = new(ReferenceEqualityComparer.Instance);

    private protected OptimizerHelper()
    {
    }

    private protected delegate void ParameterUpdate(Parameter parameter, torch.Tensor grad, OptimizerState state, OptimizerOptions options);

    private protected OptimizerOptions _defaults { get; set; } = new();

    public override void zero_grad()
    {
        foreach (Parameter parameter in parameters())
        {
            using torch.Tensor? grad = parameter.grad;
            grad?.zero_();
        }
    }

    public virtual StateDictionary state_dict()
    {
        var result = new StateDictionary();
        foreach (ParamGroup group in _parameter_groups)
        {
            result.Options.Add(group.Options);
            var indices = new List<int>();
            foreach (Parameter parameter in group.Parameters)
            {
                indices.Add(result.State.Count);
                result.State.Add(_state[parameter]);
            }

            result.StateIndexRef.Add(indices);
        }

        return result;
    }

    /// <summary>Copies another optimizer's options and state.</summary>
    public virtual void load_state_dict(StateDictionary state_dict)
    {
        StateDictionary own = this.state_dict();
        if (state_dict.Options.Count != own.Options.Count)
            throw new ArgumentException("Invalid optimizer state -- different number of parameter groups.");
        if (state_dict.State.Count != own.State.Count)
            throw new ArgumentException("Invalid optimizer state -- different number of states.");
        for (int i = 0; i < own.Options.Count; i++) own.Options[i].LoadStateDict(state_dict.Options[i]);
        for (int i = 0; i < own.State.Count; i++)
        {
            if (!ReferenceEquals(own.State[i], state_dict.State[i])) own.State[i].LoadStateDict(state_dict.State[i]);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (OptimizerState state in _state.Values) (state as IDisposable)?.Dispose();
        }

        base.Dispose(disposing);
    }

    internal static void Require(bool valid, string name, object value)
    {
        if (!valid) throw new ArgumentException($"Invalid {name} value: {value}");
    }

    private protected void Register(ParamGroup group, Func<Parameter, OptimizerState> create)
    {
        group.Options.InitialLearningRate = group.Options.LearningRate!.Value;
        group.Parameters = group.Parameters.ToList();
        foreach (Parameter parameter in group.Parameters)
        {
            OptimizerState state = create(parameter);
            state.Initialize(group.Options);
            _state[parameter] = state;
        }

        _parameter_groups.Add(group);
    }

    /// <summary>Updates every parameter that has a gradient; what the update creates is disposed after it.</summary>
    private protected torch.Tensor Step(Func<torch.Tensor>? closure, ParameterUpdate update)
    {
        torch.Tensor? loss = null;
        if (closure is not null)
        {
            using IDisposable enabled = torch.enable_grad();
            loss = closure();
        }

        using IDisposable noGrad = torch.no_grad();
        foreach (ParamGroup group in _parameter_groups)
        {
            foreach (Parameter parameter in group.Parameters)
            {
                using DisposeScope scope = torch.NewDisposeScope();
                if (parameter.grad is { } grad) update(parameter, grad, _state[parameter], group.Options);
            }
        }

        return loss!;
    }
}
