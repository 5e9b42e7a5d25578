using System.Text.Json;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Scoring;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Training;

internal sealed class MetricsTests
{
    private static IEnumerable<TestCaseData> Cases() => Golden.Json("metrics.json").GetProperty("cases").EnumerateArray()
        .Select(c => new TestCaseData(c).SetArgDisplayNames(c.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Cases))]
    public void Values_are_those_of_the_definitions(JsonElement golden)
    {
        int classes = golden.GetProperty("classes").GetInt32();
        int[] labels = Array.ConvertAll(Numbers(golden, "labels"), l => (int)l);
        double[] logits = Numbers(golden, "logits");
        double[] expected = Numbers(golden, "probabilities");
        double[] probabilities = new double[logits.Length];
        int[] predicted = new int[labels.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            predicted[i] = Metrics.ArgMax(logits.AsSpan(i * classes, classes));
            Metrics.Softmax(logits.AsSpan(i * classes, classes), probabilities.AsSpan(i * classes, classes));
        }

        Assert.That(probabilities, Is.EqualTo(expected).Within(1e-15));
        Assert.That(Metrics.Accuracy(predicted, labels), Is.EqualTo(golden.GetProperty("accuracy").GetDouble()));
        Assert.That(Metrics.MacroF1(predicted, labels, classes), Is.EqualTo(golden.GetProperty("macro_f1").GetDouble()).Within(1e-15));

        // Of the very same probabilities: the last bit of one decides whether two are a tie.
        JsonElement auc = golden.GetProperty("auc");
        double? area = Metrics.Auc(expected, labels, classes);
        if (auc.ValueKind == JsonValueKind.Null)
        {
            Assert.That(area, Is.Null);
        }
        else
        {
            Assert.That(area, Is.EqualTo(auc.GetDouble()).Within(1e-15));
        }
    }

    [Test]
    public void One_logit_is_the_probability_of_class_1_and_many_are_one_each()
    {
        double[] two = new double[2];
        Metrics.Sigmoid([Math.Log(3)], two);
        Assert.That(two, Is.EqualTo((double[])[0.25, 0.75]).Within(1e-15));
        Metrics.Sigmoid([-1000, 1000], two);
        Assert.That(two, Is.EqualTo((double[])[0, 1]));
    }

    [Test]
    public void Errors_are_those_of_the_definitions()
    {
        Assert.That(Metrics.Rmse([1, 2, 3, 4], [1, 4, 3, 0]), Is.EqualTo(Math.Sqrt(20.0 / 4)));
        Assert.That(Metrics.Mae([1, 2, 3, 4], [1, 4, 3, 0]), Is.EqualTo(6.0 / 4));
    }

    [Test]
    public void The_first_of_equal_classes_is_predicted_and_NaN_before_all()
    {
        Assert.That(Metrics.ArgMax([1, 3, 3, 2]), Is.EqualTo(1));
        Assert.That(Metrics.ArgMax([1, double.NaN, 3, double.NaN]), Is.EqualTo(1));
    }

    [Test]
    public void A_row_without_a_class_is_no_hit_of_any()
    {
        Assert.That(Metrics.Accuracy([0, -1, 1], [0, 0, 1]), Is.EqualTo(2.0 / 3));
        Assert.That(Metrics.MacroF1([0, -1, 1], [0, 0, 1], 2), Is.EqualTo(((2.0 / 3) + 1) / 2));
    }

    [Test]
    public void An_order_that_is_right_or_wrong_throughout_has_area_one_or_none()
    {
        double[] rising = [0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.1, 0.9];
        Assert.That(Metrics.Auc(rising, [0, 0, 1, 1], 2), Is.EqualTo(1));
        Assert.That(Metrics.Auc(rising, [1, 1, 0, 0], 2), Is.Zero);
    }

    [Test]
    public void Without_rows_or_with_NaN_there_is_no_area()
    {
        Assert.That(Metrics.Auc([], [], 3), Is.Null);
        Assert.That(Metrics.Auc([0.5, 0.5, double.NaN, double.NaN], [0, 1], 2), Is.Null);
        Assert.That(Evaluation.Text(null), Is.EqualTo("n/a"));
        Assert.That(Evaluation.Text(0.98765), Is.EqualTo("0.9877"));
    }

    private static double[] Numbers(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(n => n.GetDouble())];
}
