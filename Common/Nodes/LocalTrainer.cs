using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>Loss and hits of local training; θ_i and buffers stay in the trainer.</summary>
/// <param name="LossSum">Sum of the loss over all rows, each at the time it was trained on.</param>
/// <param name="Hits">Rows whose largest logit was the label's at that time.</param>
internal sealed record LocalOutcome(double LossSum, long Hits);

/// <summary>
/// Trains a copy of the model on one node's samples, for the methods that average models. Each pass reshuffles the samples and
/// splits them into batches; each batch is one optimizer step on its mean loss. Deterministic: equal requests give equal
/// results. Not thread-safe.
/// </summary>
internal sealed class LocalTrainer : IDisposable
{
    private readonly LayeredModel _model;
    private readonly FlatParameters _parameters;
    private readonly LossFunction _loss;
    private readonly Augmentation _augmentation;
    private readonly bool _isRandom;

    /// <summary>Builds the copy.</summary>
    /// <param name="setup">The orchestrator's settings.</param>
    /// <param name="device">Device to compute on.</param>
    public LocalTrainer(TrainingSetup setup, Device device)
    {
        _loss = setup.Loss;
        _augmentation = setup.Augmentation;
        _isRandom = setup.Model.Layers.Any(l => l.Coupling == LayerCoupling.Random);
        using var generator = new GeneratorGuard();
        _model = new LayeredModel(setup.Model, setup.Cut);
        ScalarType type = setup.ElementType.ToScalarType();
        _parameters = new FlatParameters(_model, type, device, _model.ParameterCount);
        Buffers = HostTensor.Zeros([FlatBuffers.Count(_parameters)], type);
    }

    /// <summary>θ_i after <see cref="Train"/>, on the CPU: <c>[P]</c>.</summary>
    public Memory<byte> ValueBytes => _parameters.ValueBytes;

    /// <summary>Number of elements of θ.</summary>
    public long ParameterCount => _parameters.Count;

    /// <summary>The model's buffers on the CPU, <c>[Q]</c>: initial values before <see cref="Train"/>, results after it.</summary>
    public HostTensor Buffers { get; }

    /// <summary>Trains the copy.</summary>
    /// <param name="start">θ: <c>[P]</c> on the device.</param>
    /// <param name="request">The training settings.</param>
    /// <param name="samples">The samples of all nodes of the process.</param>
    /// <param name="own">The node's share of them.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <exception cref="ModelException">The optimizer is invalid.</exception>
    public LocalOutcome Train(Tensor start, LocalTraining request, SampleTensors samples, OwnSamples own, CancellationToken cancellationToken)
    {
        OptimizerSettings settings = LocalOptimizers.Read(request.Optimizer);
        var random = SeededRandom.ForStream(WireSeed.Read(request.Seed), (ulong)request.Step.Epoch, (ulong)request.Step.Batch, (ulong)own.NodeId);
        using GeneratorGuard? generator = GeneratorGuard.Seeded(_isRandom ? random : null);
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            _parameters.Values.copy_(start);
        }

        FlatBuffers.Write(_parameters, Buffers.Tensor);
        using optim.Optimizer optimizer = settings.Create(_parameters);
        var update = new FlatUpdate(optimizer, settings, _parameters);
        double lossSum = 0;
        long hits = 0;
        int[] order = [.. Enumerable.Range(0, own.Count)];
        for (int epoch = 0; epoch < request.Epochs && order.Length > 0; epoch++)
        {
            random.Shuffle<int>(order);
            int end = (int)(request.RowsOf(order.Length) / request.Epochs);
            for (int first = 0; first < end; first += request.BatchSize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadOnlySpan<int> rows = order.AsSpan(first, Math.Min(request.BatchSize, end - first));
                (double batchLoss, int batchHits) = Gradient(samples, request.Step.Epoch, own, rows);
                lossSum += batchLoss;
                hits += batchHits;
                if (request.ProximalMu > 0)
                {
                    AddProximal(start, request.ProximalMu);
                }

                update.Step();
            }
        }

        _parameters.ValuesToHost();
        FlatBuffers.Read(_parameters, Buffers.Tensor);
        return new LocalOutcome(lossSum, hits);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)Buffers).Dispose();
        _parameters.Dispose();
        _model.Dispose();
    }

    /// <summary>Computes the gradient of a batch's mean loss into the flat gradient.</summary>
    private (double LossSum, int Hits) Gradient(SampleTensors samples, int epoch, OwnSamples own, ReadOnlySpan<int> rows)
    {
        using (NewDisposeScope())
        {
            (Tensor inputs, Tensor labels) = samples.Gather(_augmentation, epoch, rows, own);
            _parameters.Gradient.zero_();
            Tensor logits = _model.call(inputs);
            Tensor loss = _loss.Sum(logits, labels);
            loss.div(rows.Length).backward();
            return (loss.ToDouble(), _loss.Hits(logits.detach(), labels));
        }
    }

    /// <summary>The gradient of μ/2 · ‖θ_i − θ‖² (Li et al. 2020, FedProx).</summary>
    private void AddProximal(Tensor start, double mu)
    {
        using (NewDisposeScope())
        using (no_grad())
        {
            _parameters.Gradient.add_(_parameters.Values.sub(start), alpha: mu);
        }
    }
}
