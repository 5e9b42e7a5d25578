using System.Text.Json;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

public class OptimizerGoldenTests
{
    private static IEnumerable<TestCaseData> Cases() =>
        TorchGolden.Cases("optimizers", c => $"{c.GetProperty("name")}, {c.GetProperty("dtype")}");

    [TestCaseSource(nameof(Cases))]
    public void Parameters_follow_PyTorchs_step_by_step(JsonElement item)
    {
        using DisposeScope scope = NewDisposeScope();
        ScalarType dtype = item.GetProperty("dtype").GetString() == "float64" ? float64 : float32;
        JsonElement inputs = TorchGolden.Load("optimizers").GetProperty("inputs").GetProperty(item.GetProperty("dtype").GetString()!);
        List<Parameter> parameters = inputs.GetProperty("start").EnumerateArray().Select(t => new Parameter(t.ReadTensor(dtype))).ToList();
        using optim.Optimizer optimizer = Create(item, parameters);

        int step = 0;
        foreach (JsonElement grads in inputs.GetProperty("grads").EnumerateArray())
        {
            for (int i = 0; i < parameters.Count; i++) parameters[i].grad = grads[i].ReadTensor(dtype);
            optimizer.step();
            for (int i = 0; i < parameters.Count; i++)
            {
                JsonElement expected = item.GetProperty("after")[step][i];
                TorchGolden.AssertMatches(parameters[i], expected, dtype == float64 ? 1e-14 : 5e-7, $"parameter {i} after step {step}");
            }

            step++;
        }
    }

    [Test]
    public void An_optimizer_that_takes_over_anothers_state_goes_on_as_that_one_would()
    {
        using var original = new Parameter(ones(3));
        using var resumed = new Parameter(ones(3));
        using Adam first = optim.Adam([original], lr: 0.1, amsgrad: true);
        using Adam second = optim.Adam([resumed], amsgrad: true);
        void Step(Parameter parameter, Adam optimizer, float scale)
        {
            using Tensor grad = full(new long[] { 3 }, scale);
            parameter.grad = grad;
            optimizer.step();
        }

        Step(original, first, 2);
        using (no_grad()) resumed.copy_(original);
        second.load_state_dict(first.state_dict());
        Step(original, first, -1);
        Step(resumed, second, -1);

        Assert.That(resumed.Equals(original), Is.True);
        Assert.That(second.ParamGroups.Single().LearningRate, Is.EqualTo(0.1));
    }

    private static optim.Optimizer Create(JsonElement item, List<Parameter> parameters)
    {
        JsonElement options = item.GetProperty("options");
        double Number(string name, double otherwise) => options.TryGetProperty(name, out JsonElement v) ? v.GetDouble() : otherwise;
        bool Flag(string name) => options.TryGetProperty(name, out JsonElement v) && v.GetBoolean();
        double lr = Number("lr", 0), decay = Number("weight_decay", 0), eps = Number("eps", 1e-8);
        return item.GetProperty("optimizer").GetString() switch
        {
            "Adadelta" => optim.Adadelta(parameters, lr, Number("rho", 0.9), eps, decay),
            "SGD" => optim.SGD(parameters, lr, Number("momentum", 0), Number("dampening", 0), decay, Flag("nesterov"), Flag("maximize")),
            "Adam" => optim.Adam(parameters, lr, Number("beta1", 0.9), Number("beta2", 0.999), eps, decay, Flag("amsgrad")),
            "AdamW" => optim.AdamW(parameters, lr, Number("beta1", 0.9), Number("beta2", 0.999), eps, decay, Flag("amsgrad")),
            string other => throw new InvalidDataException(other),
            null => throw new InvalidDataException(),
        };
    }
}
