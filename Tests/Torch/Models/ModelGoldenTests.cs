using System.Text.Json;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

public class ModelGoldenTests
{
    private static IEnumerable<TestCaseData> Models() => TorchGolden.Cases("models", c => c.GetProperty("name").GetString()!);

    [Test]
    public void Layers_made_after_manual_seed_have_PyTorchs_values_bit_for_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        JsonElement golden = TorchGolden.Load("initial_values");
        manual_seed(golden.GetProperty("seed").GetInt64());
        nn.Module[] layers =
        [
            nn.Linear(7, 5), nn.Linear(4, 3, hasBias: false), nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 5, bias: false), nn.Linear(20, 33),
        ];
        for (int i = 0; i < layers.Length; i++)
        {
            using nn.Module layer = layers[i];
            JsonElement expected = golden.GetProperty("layers")[i];
            Parameter[] parameters = layer.parameters().ToArray();
            Assert.That(parameters, Has.Length.EqualTo(expected.GetArrayLength()));
            for (int j = 0; j < parameters.Length; j++) TorchGolden.AssertMatches(parameters[j], expected[j], 0, $"layer {i}, parameter {j}");
        }

        JsonElement fills = golden.GetProperty("fills");
        TorchGolden.AssertMatches(nn.init.uniform_(empty(6, 4), -2, 3), fills.GetProperty("uniform_"), 0);
        TorchGolden.AssertMatches(nn.init.normal_(empty(6, 4), 1.0, 0.5), fills.GetProperty("normal_"), 1e-6);
        TorchGolden.AssertMatches(nn.init.xavier_uniform_(empty(6, 4), 0.5), fills.GetProperty("xavier_uniform_"), 0);
        Tensor kaiming = nn.init.kaiming_uniform_(empty(6, 4), nonlinearity: nn.init.NonlinearityType.ReLU);
        TorchGolden.AssertMatches(kaiming, fills.GetProperty("kaiming_uniform_"), 0);
    }

    [TestCaseSource(nameof(Models))]
    public void Logits_loss_and_all_gradients_are_PyTorchs(JsonElement golden)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(golden.GetProperty("seed").GetInt64());
        using Sequential model = golden.GetProperty("name").GetString() == "mlp"
            ? nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
            : nn.Sequential(
                nn.Conv2d(1, 4, 3, padding: 1L), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, stride: 2), nn.ReLU(),
                nn.Flatten(), nn.Linear(6, 3));
        Tensor x = golden.GetProperty("x").ReadTensor().requires_grad_();
        Tensor y = tensor(golden.GetProperty("y").EnumerateArray().Select(v => v.GetInt64()).ToArray());

        Tensor logits = model.call(x);
        Tensor loss = nn.functional.cross_entropy(logits, y, reduction: nn.Reduction.Sum);
        loss.backward();

        TorchGolden.AssertMatches(logits, golden.GetProperty("logits"), 1e-5);
        Assert.That(loss.ToSingle(), Is.EqualTo(golden.GetProperty("loss").GetSingle()).Within(1e-5f));
        TorchGolden.AssertMatches(x.grad!, golden.GetProperty("x_gradient"), 1e-5);
        Parameter[] parameters = model.parameters().ToArray();
        for (int i = 0; i < parameters.Length; i++)
        {
            TorchGolden.AssertMatches(parameters[i], golden.GetProperty("parameters")[i], 0, $"parameter {i}");
            TorchGolden.AssertMatches(parameters[i].grad!, golden.GetProperty("gradients")[i], 1e-5, $"gradient {i}");
        }
    }

    [Test]
    public void Losses_and_their_gradients_are_PyTorchs()
    {
        using DisposeScope scope = NewDisposeScope();
        JsonElement golden = TorchGolden.Load("losses");
        Tensor labels = tensor(golden.GetProperty("labels").EnumerateArray().Select(v => v.GetInt64()).ToArray());
        Tensor target = golden.GetProperty("target").ReadTensor(float64);
        void Check(string name, Func<Tensor, Tensor> loss)
        {
            Tensor logits = golden.GetProperty("logits").ReadTensor(float64).requires_grad_();
            Tensor value = loss(logits);
            value.backward();
            Assert.That(value.ToDouble(), Is.EqualTo(golden.GetProperty(name).GetProperty("value").GetDouble()).Within(1e-13), name);
            TorchGolden.AssertMatches(logits.grad!, golden.GetProperty(name).GetProperty("gradient"), 1e-13, name);
        }

        Check("cross_entropy_sum", z => nn.functional.cross_entropy(z, labels, reduction: nn.Reduction.Sum));
        Check("cross_entropy_mean", z => nn.functional.cross_entropy(z, labels));
        Check("nll_loss_sum", z => nn.functional.nll_loss(nn.functional.log_softmax(z, 1), labels, reduction: nn.Reduction.Sum));
        Check("mse_loss_mean", z => nn.functional.mse_loss(z, target));
    }

    [Test]
    public void Clipping_scales_all_gradients_as_one_vector()
    {
        using DisposeScope scope = NewDisposeScope();
        JsonElement golden = TorchGolden.Load("losses").GetProperty("clip");
        List<Parameter> parameters = [];
        foreach (JsonElement before in golden.GetProperty("before").EnumerateArray())
        {
            Tensor grad = before.ReadTensor();
            parameters.Add(new Parameter(zeros_like(grad)) { grad = grad });
        }

        double norm = nn.utils.clip_grad_norm_(parameters, golden.GetProperty("max_norm").GetDouble());

        Assert.That(norm, Is.EqualTo(golden.GetProperty("norm").GetDouble()).Within(1e-6));
        for (int i = 0; i < parameters.Count; i++)
            TorchGolden.AssertMatches(parameters[i].grad!, golden.GetProperty("after")[i], 1e-6, $"gradient {i}");
    }
}
