using System.Text.Json;
using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Tests.Torch.Models;

/// <summary>The one step of SGD that Tests/Golden/make_layers_golden.py takes.</summary>
internal sealed class GoldenStep : IDisposable
{
    /// <summary>Draws from the normal distribution may differ in the last bit of a float32 from one libtorch to another.</summary>
    public const double NormalTolerance = 1e-5;

    private const double Tolerance = 1e-10;

    private readonly JsonElement _golden;
    private readonly LayeredModel _model;
    private readonly FlatParameters _flat;
    private readonly Tensor _labels;

    /// <summary>A model as the seed gives it.</summary>
    /// <param name="description">Its layers.</param>
    /// <param name="golden">A case of the file.</param>
    public GoldenStep(ModelDescription description, JsonElement golden)
    {
        _golden = golden;
        manual_seed(golden.GetProperty("seed").GetInt64());
        _model = new LayeredModel(description, cut: 1);
        _flat = new FlatParameters(_model, float64, CPU, description.ParameterCount);
        _labels = tensor(golden.GetProperty("y").EnumerateArray().Select(v => v.GetInt64()).ToArray());
        Tolerated = description.Vocabulary is null ? Tolerance : NormalTolerance;
    }

    /// <summary>How far numbers may be from PyTorch's, relative.</summary>
    public double Tolerated { get; }

    /// <summary>Takes the step, with a learning rate of 0.1, and holds all that there is before and after it against the file.</summary>
    /// <param name="inputs">What the file's model was given.</param>
    /// <param name="compare">Holds named tensors against a part of the file, within a tolerance.</param>
    /// <param name="startsAlike">How far the initial parameters may be.</param>
    public void AssertMatches(Tensor inputs, Action<IReadOnlyList<(string Name, Tensor Tensor)>, JsonElement, double> compare, double startsAlike)
    {
        compare(Views(_flat.Values), _golden.GetProperty("parameters"), startsAlike);
        _model.train(!_golden.GetProperty("evaluated").GetBoolean());
        Tensor logits = _model.ForwardRest(_model.ForwardFirst(inputs));
        Tensor loss = F.cross_entropy(logits, _labels, reduction: nn.Reduction.Sum);
        loss.backward();
        var settings = new OptimizerSettings(OptimizerKind.Sgd, LearningRate: 0.1);
        using optim.Optimizer optimizer = settings.Create(_flat);
        new FlatUpdate(optimizer, settings, _flat).Step();

        TorchGolden.AssertMatches(logits, _golden.GetProperty("logits"), Tolerated);
        Assert.That(loss.ToDouble(), Is.EqualTo(_golden.GetProperty("loss").GetDouble()).Within(Tolerated * 10));
        compare(Views(_flat.Gradient), _golden.GetProperty("gradients"), Tolerated);
        compare(Views(_flat.Values), _golden.GetProperty("after"), Tolerated);
        compare([.. _model.named_buffers()], _golden.GetProperty("buffers"), Tolerated);
        _model.eval();
        using IDisposable noGrad = no_grad();
        TorchGolden.AssertMatches(_model.call(inputs), _golden.GetProperty("evaluated_logits"), Tolerated);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _flat.Dispose();
        _model.Dispose();
        _labels.Dispose();
    }

    private (string Name, Tensor Tensor)[] Views(Tensor flat) =>
        [.. _flat.Layout.Select(s => (s.Name, flat.narrow(0, s.Offset, s.Count).view(s.Shape)))];
}
