using TorchSharp;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// A node's own θ, optimizer and schedule. Every node of a run has the same: they start from the same θ and take the same
/// step from the same sum. Use only while holding the compute unit.
/// </summary>
public sealed class BlindReplica : IDisposable
{
    private readonly LayeredModel _model;
    private readonly optim.Optimizer _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly FlatUpdate _update;
    private readonly TrainingSetup _setup;
    private readonly TorchSharp.Modules.Parameter[] _parameters;
    private int _epoch = 1;

    internal BlindReplica(TrainingSetup setup, OptimizerSettings optimizer, SumFormat format, Device device)
    {
        _setup = setup;
        _model = new LayeredModel(setup.Model, setup.Cut);
        Parameters = new FlatParameters(_model, setup.ElementType.ToScalarType(), device, _model.ParameterCount);
        _parameters = [.. _model.parameters()];
        _optimizer = optimizer.Create(Parameters);
        _update = new FlatUpdate(_optimizer, optimizer, Parameters);
        _schedule = optimizer.Schedule.Start(_optimizer);
        foreach (TorchSharp.Modules.Parameter parameter in _parameters)
        {
            parameter.grad = null;
        }

        Scale = new SumScale(Parameters.Layout, format);
    }

    /// <summary>θ and ∇θ.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>Called with every step before the optimizer uses its gradient, which is in <see cref="Parameters"/> then, as is θ before the step.</summary>
    public Action<StepId>? Summed { get; set; }

    internal LayeredModel Model => _model;

    internal optim.Optimizer Optimizer => _optimizer;

    internal SumScale Scale { get; }

    /// <summary>The epoch that the learning rate is that of, from 1.</summary>
    internal int Epoch => _epoch;

    /// <summary>Computes the gradient of the batch's mean loss over some of its rows.</summary>
    /// <param name="inputs">The rows' inputs.</param>
    /// <param name="labels">Their labels.</param>
    /// <param name="batchRows">Rows of the whole batch.</param>
    internal (double LossSum, int Hits) Gradient(Tensor inputs, Tensor labels, int batchRows)
    {
        Tensor logits = _model.call(inputs);
        Tensor loss = _setup.Loss.Sum(logits, labels);
        loss.div(batchRows).backward(inputs: _parameters);
        for (int i = 0; i < _parameters.Length; i++)
        {
            // Autograd hands over its own result: there is no gradient of before to add it to.
            using Tensor? gradient = _parameters[i].grad;
            using Tensor place = Parameters.Gradient.narrow(0, Parameters.Layout[i].Offset, Parameters.Layout[i].Count);
            if (gradient is null)
            {
                place.zero_();
            }
            else
            {
                place.copy_(gradient.flatten());
            }

            _parameters[i].grad = null;
        }

        Parameters.GradientToHost();
        return (loss.ToDouble(), _setup.Loss.Hits(logits.detach(), labels));
    }

    /// <summary>One optimizer step, on the gradient in the host's memory.</summary>
    internal void Update(StepId step)
    {
        MoveTo(step.Epoch);
        Parameters.GradientFromHost();
        Summed?.Invoke(step);
        _update.Step();
    }

    /// <summary>Sets the learning rate to that of an epoch, from the current one on.</summary>
    internal void MoveTo(int epoch)
    {
        for (; _epoch < epoch; _epoch++)
        {
            _schedule.EndEpoch();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        Parameters.Dispose();
        _model.Dispose();
    }
}
