using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

/// <summary>The gradient of a step is found again in the θ before and after it.</summary>
internal sealed class InvertedUpdateTests
{
    private static readonly OptimizerSettings[] Cases =
    [
        new(OptimizerKind.Adadelta),
        new(OptimizerKind.Adadelta, LearningRate: 0.3, WeightDecay: 0.01),
        new(OptimizerKind.Sgd),
        new(OptimizerKind.Sgd, Momentum: 0.9, WeightDecay: 0.01),
        new(OptimizerKind.Sgd, Momentum: 0.9, Nesterov: true),
    ];

    [TestCaseSource(nameof(Cases))]
    public void The_gradient_is_found(OptimizerSettings settings)
    {
        using DisposeScope scope = NewDisposeScope();
        using var model = new LayeredModel(ModelPresets.Mlp([6, 5, 3]), cut: 1);
        using var flat = new FlatParameters(model, ScalarType.Float64, CPU, model.ParameterCount);
        using optim.Optimizer optimizer = settings.Create(flat);
        var update = new FlatUpdate(optimizer, settings, flat);
        InvertedUpdate inverse = InvertedUpdate.Of(settings, flat.Count)!;
        for (int step = 0; step < 20; step++)
        {
            Tensor gradient = randn([flat.Count], dtype: ScalarType.Float64).mul(step == 7 ? 0 : 0.1);
            flat.Gradient.copy_(gradient);
            double[] before = flat.Values.data<double>().ToArray();
            update.Step();
            double[] found = inverse.Gradient(before, flat.Values.data<double>().ToArray(), settings.EffectiveLearningRate);
            Assert.That(found, Is.EqualTo(gradient.data<double>().ToArray()).Within(1e-9), $"step {step}");
        }
    }

    [TestCase(OptimizerKind.Adam)]
    [TestCase(OptimizerKind.AdamW)]
    public void Some_optimizers_have_no_inverse_here(OptimizerKind kind) => Assert.That(InvertedUpdate.Of(new OptimizerSettings(kind), 3), Is.Null);
}
