using System.Text.Json;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Unit.Compat;

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
