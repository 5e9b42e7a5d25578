using System.Text.Json;
using TorchSharp;
using TraversalLearning.Models;
using TraversalLearning.Tests.Unit.Compat;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Tests.Unit.Models;

/// <summary>Every kind of layer against PyTorch, in float64: from the seed to the parameters after a step, through the flat θ.</summary>
public sealed class LayerGoldenTests
{
    // Draws from the normal distribution may differ in the last bit of a float32 from one libtorch to another.
    private const double NormalTolerance = 1e-5;
    private const double Tolerance = 1e-10;

    private static IEnumerable<TestCaseData> Layers() => TorchGolden.Cases("layers", c => c.GetProperty("name").GetString()!);

    [TestCaseSource(nameof(Layers))]
    public void A_layer_starts_computes_and_learns_as_PyTorchs_does(JsonElement golden)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelDescription description = ModelDescription.Parse(golden.GetProperty("model").GetRawText());
        bool tokens = description.Layers[0] is EmbeddingLayer;
        double tolerance = tokens ? NormalTolerance : Tolerance;
        bool evaluated = golden.GetProperty("evaluated").GetBoolean();
        using var step = new GoldenStep(description, golden, evaluated);

        Compare(step.Parameters(), golden.GetProperty("parameters"), tokens ? NormalTolerance : 0);
        Tensor logits = step.Run(golden.GetProperty("x").ReadTensor(tokens ? int64 : float64));
        TorchGolden.AssertMatches(logits, golden.GetProperty("logits"), tolerance);
        Assert.That(step.Loss, Is.EqualTo(golden.GetProperty("loss").GetDouble()).Within(tolerance * 10));
        Compare(step.Gradients(), golden.GetProperty("gradients"), tolerance);
        Compare(step.Parameters(), golden.GetProperty("after"), tolerance);
        Compare(step.Buffers(), golden.GetProperty("buffers"), tolerance);
        TorchGolden.AssertMatches(step.Evaluate(), golden.GetProperty("evaluated_logits"), tolerance);
    }

    [Test]
    public void Every_kind_of_layer_stands_in_the_file()
    {
        string[] kinds = [.. typeof(LayerDescription).GetCustomAttributes(false)
            .OfType<System.Text.Json.Serialization.JsonDerivedTypeAttribute>().Select(a => (string)a.TypeDiscriminator!)];
        string text = TorchGolden.Load("layers").GetRawText();
        string[] elsewhere = ["conv2d", "max_pool2d"];
        Assert.That(kinds.Where(k => !text.Contains($"\"type\": \"{k}\"", StringComparison.Ordinal)).Except(elsewhere, StringComparer.Ordinal), Is.Empty);
    }

    private static void Compare(IReadOnlyList<(string Name, Tensor Tensor)> actual, JsonElement expected, double tolerance)
    {
        Assert.That(actual.Select(a => a.Name), Is.EqualTo(expected.EnumerateObject().Select(p => p.Name)));
        foreach ((string name, Tensor tensor) in actual)
        {
            TorchGolden.AssertMatches(tensor, expected.GetProperty(name), tolerance, name);
        }
    }
}

/// <summary>The one step of SGD that Tests/Golden/make_layers_golden.py takes.</summary>
internal sealed class GoldenStep : IDisposable
{
    private readonly LayeredModel _model;
    private readonly FlatParameters _flat;
    private readonly Tensor _labels;
    private readonly bool _evaluated;
    private Tensor? _inputs;

    public GoldenStep(ModelDescription description, JsonElement golden, bool evaluated)
    {
        manual_seed(golden.GetProperty("seed").GetInt64());
        _model = new LayeredModel(description, cut: 1);
        _flat = new FlatParameters(_model, float64, CPU, description.ParameterCount);
        _labels = tensor(golden.GetProperty("y").EnumerateArray().Select(v => v.GetInt64()).ToArray());
        _evaluated = evaluated;
    }

    /// <summary>The summed loss.</summary>
    public double Loss { get; private set; }

    /// <summary>One step with a learning rate of 0.1; gives the logits before it.</summary>
    public Tensor Run(Tensor inputs)
    {
        _inputs = inputs;
        _model.train(!_evaluated);
        Tensor logits = _model.ForwardRest(_model.ForwardFirst(inputs));
        Tensor loss = F.cross_entropy(logits, _labels, reduction: nn.Reduction.Sum);
        loss.backward();
        Loss = loss.ToDouble();
        var settings = new OptimizerSettings(OptimizerKind.Sgd, LearningRate: 0.1);
        using optim.Optimizer optimizer = settings.Create(_flat);
        new FlatUpdate(optimizer, settings, _flat).Step();
        return logits;
    }

    /// <summary>The logits of the same inputs in evaluation mode.</summary>
    public Tensor Evaluate()
    {
        _model.eval();
        using IDisposable noGrad = no_grad();
        return _model.call(_inputs!);
    }

    public IReadOnlyList<(string Name, Tensor Tensor)> Parameters() => Views(_flat.Values);

    public IReadOnlyList<(string Name, Tensor Tensor)> Gradients() => Views(_flat.Gradient);

    public IReadOnlyList<(string Name, Tensor Tensor)> Buffers() => [.. _model.named_buffers()];

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
