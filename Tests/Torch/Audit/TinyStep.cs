using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Audit;

/// <summary>A step of a small model in float64, computed here: its inputs are known, and what a party would see of it.</summary>
internal sealed class TinyStep : IDisposable
{
    public const int Inputs = 12;
    public const int Classes = 4;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly KnownModel _model;

    /// <summary>Computes the step.</summary>
    /// <param name="rows">Rows of each of two nodes.</param>
    /// <param name="activation">The model's activation.</param>
    /// <param name="units">Units of the first layer.</param>
    /// <param name="seed">Seed of model and inputs.</param>
    /// <param name="samples">Inputs; random without.</param>
    /// <param name="scale">Factor of the random parameters.</param>
    public TinyStep(int rows = 3, Activation activation = Activation.Relu, int units = 24, long seed = 1, Tensor? samples = null, double scale = 1)
    {
        Setup = new TrainingSetup(
            ModelPresets.Mlp([Inputs, units, 8, Classes], activation), 1, ElementType.Float64, Exchange.TwoPhase, new Normalisation(0, 1))
        {
            Loss = new CrossEntropyLoss(),
        };
        manual_seed(seed);
        using var fresh = new LayeredModel(Setup.Model, 1);
        Parameters = cat([.. fresh.parameters().Select(p => p.detach().flatten())]).to(ScalarType.Float64).mul(scale);
        _model = new KnownModel(Setup, Parameters);
        Rows = rows;
        X = samples ?? randn([2 * rows, Inputs], dtype: ScalarType.Float64);
        Y = arange(2 * rows, dtype: ScalarType.Int64).remainder(Classes);
    }

    public TrainingSetup Setup { get; }

    public AuditContext Facts => new(Setup, new OptimizerSettings(), 2 * Rows, Seed: 1);

    public int Rows { get; }

    /// <summary>The inputs of both nodes.</summary>
    public Tensor X { get; }

    /// <summary>Their classes.</summary>
    public Tensor Y { get; }

    public Tensor Parameters { get; }

    public StepId Step { get; } = new(1, 0, 0);

    /// <summary>The gradient of all θ of the batch's mean loss.</summary>
    public SummedGradient Sum => new(Step, Doubles(Parameters), Doubles(GradientOf(X, Y)), 2 * Rows, 2 * Rows);

    /// <summary>The samples in row order.</summary>
    public SampleRow[] All => [.. Enumerable.Range(0, 2 * Rows).Select(RowAt)];

    public double[][] Truth => LinearSystem.Rows(X);

    public int[] Labels => Array.ConvertAll(Y.data<long>().ToArray(), l => (int)l);

    /// <summary>The frames of both nodes, as two_phase has them; <paramref name="change"/> may spoil a tensor.</summary>
    public SeenFrame[] Frames(Func<string, Tensor, Tensor>? change = null) => [.. new[] { 1, 2 }.SelectMany(node => FramesOf(node, change ?? ((_, t) => t)))];

    public PartyView View(SeenFrame[]? frames = null, params SummedGradient[] sums) => new("somebody", [Step], frames ?? Frames()) { SummedGradients = sums };

    public double MeanLoss() => LossOf(X, Y).ToDouble();

    public void Dispose()
    {
        _model.Dispose();
        _scope.Dispose();
    }

    public static SeenTensor Seen(string name, Tensor tensor) =>
        new(name, ElementType.Float64, tensor.shape, MemoryMarshal.AsBytes<double>(tensor.contiguous().data<double>().ToArray()).ToArray());

    public static SeenTensor Indices(params int[] indices) => new(TensorNames.Indices, ElementType.Int32, [indices.Length], MemoryMarshal.AsBytes<int>(indices).ToArray());

    private static double[] Doubles(Tensor tensor) => tensor.contiguous().data<double>().ToArray();

    private SampleRow RowAt(int row) => new(1 + (row / Rows), row % Rows);

    private Tensor LossOf(Tensor inputs, Tensor labels) => Setup.Loss.Sum(_model.Model.call(inputs), labels).div(2 * Rows);

    private Tensor GradientOf(Tensor inputs, Tensor labels) =>
        cat([.. autograd.grad([LossOf(inputs, labels)], [.. _model.Model.parameters()]).Select(g => g.flatten())]);

    private IEnumerable<SeenFrame> FramesOf(int node, Func<string, Tensor, Tensor> change)
    {
        (Tensor x, Tensor y) = (X.narrow(0, (node - 1) * Rows, Rows), Y.narrow(0, (node - 1) * Rows, Rows));
        Tensor activations = _model.Model.ForwardFirst(x).detach();
        Tensor logits = _model.Model.ForwardRest(activations).detach().requires_grad_();
        Tensor logitGradients = autograd.grad([Setup.Loss.Sum(logits, y)], [logits])[0];
        Tensor activationGradients = _model.ActivationGradients(activations, logitGradients, 2 * Rows);
        Tensor gradient = GradientOf(x, y).narrow(0, 0, Setup.FirstParameterCount);
        SeenTensor Sent(string name, Tensor tensor) => Seen(name, change(name, tensor));
        yield return new SeenFrame(
            node, true, MessageType.ForwardPass, Step, [Indices([.. Enumerable.Range(0, Rows)]), Sent(TensorNames.Parameters, Parameters)]) { BatchRows = 2 * Rows };
        yield return new SeenFrame(
            node, false, MessageType.ForwardResult, Step, [Sent(TensorNames.Activations, activations), Sent(TensorNames.LogitGradients, logitGradients)]);
        yield return new SeenFrame(node, true, MessageType.Backward, Step, [Sent(TensorNames.ActivationGradients, activationGradients)]);
        yield return new SeenFrame(node, false, MessageType.BackwardResult, Step, [Sent(TensorNames.ParameterGradients, gradient)]);
    }
}
