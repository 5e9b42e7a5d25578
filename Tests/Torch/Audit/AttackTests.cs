using System.Security.Cryptography;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Audit;

/// <summary>Each attack finds a known answer where that can be found, and does not where it cannot.</summary>
internal sealed class AttackTests
{
    [Test]
    public void Labels_are_read_off_logit_gradients()
    {
        using var step = new TinyStep();
        var attack = new LabelsFromLogitGradients();
        Assert.That(LabelsOf(attack.Run(step.View(), step.Facts), step.All), Is.EqualTo(step.Labels));

        SeenFrame[] noise = step.Frames((name, t) => name == TensorNames.LogitGradients ? randn_like(t) : t);
        Assert.That(LabelsOf(attack.Run(step.View(noise), step.Facts), step.All), Is.Not.EqualTo(step.Labels));
        Assert.That(attack.Run(step.View([.. step.Frames().Where(f => f.ToNode)]), step.Facts), Is.Empty, "without Λ");
    }

    [Test]
    public void Rows_of_a_class_are_grouped([Values] Grouping.Source source)
    {
        using var step = new TinyStep(rows: 20);
        var attack = new Grouping(source);
        Assert.That(PurityOf(attack.Run(step.View(), step.Facts), step), Is.GreaterThan(0.8));

        string name = source == Grouping.Source.LogitGradients ? TensorNames.LogitGradients : TensorNames.ActivationGradients;
        SeenFrame[] noise = step.Frames((n, t) => n == name ? randn_like(t) : t);
        Assert.That(PurityOf(attack.Run(step.View(noise), step.Facts), step), Is.LessThan(0.6));
    }

    [Test]
    public void Cut_gradients_are_computed_where_they_are_not_sent()
    {
        using var step = new TinyStep();
        SeenFrame[] onePhase = [.. step.Frames().Where(f => f.Type != MessageType.Backward)];
        InputGuess guess = step.View(onePhase) is var view ? One<InputGuess>(new LeastSquares(ofBatch: false).Run(view, step.Facts)) : null!;
        Assert.That(ErrorsOf(guess, step), Has.All.LessThan(1e-6));
    }

    [Test]
    public void Class_counts_are_in_the_last_bias()
    {
        using var step = new TinyStep(rows: 21);
        CountGuess guess = One<CountGuess>(new ClassCounts().Run(step.View(null, step.Sum), step.Facts));
        double[] counts = [.. Enumerable.Range(0, TinyStep.Classes).Select(c => (double)step.Labels.Count(l => l == c))];
        Assert.That(guess.Counts.Zip(counts, (g, c) => Math.Abs(g - c)).Sum(), Is.LessThan(3));
        Assert.That(guess.Counts.Sum(), Is.EqualTo(42).Within(1e-9));

        SummedGradient noise = step.Sum with { Gradient = [.. step.Sum.Gradient.Select((_, i) => Math.Sin(i))] };
        guess = One<CountGuess>(new ClassCounts().Run(step.View(null, noise), step.Facts));
        Assert.That(guess.Counts.Zip(counts, (g, c) => Math.Abs(g - c)).Sum(), Is.GreaterThan(6));
    }

    [Test]
    public void Class_counts_of_a_trained_model_take_samples_of_ones_own()
    {
        // Weights four times as large predict with confidence, as a trained model does.
        using var step = new TinyStep(rows: 21, scale: 4);
        double[] counts = [.. Enumerable.Range(0, TinyStep.Classes).Select(c => (double)step.Labels.Count(l => l == c))];
        AuditContext knowing = step.Facts with { Candidates = new Candidates(step.X, step.Y) };
        double with = Error(counts, One<CountGuess>(new ClassCounts().Run(step.View(null, step.Sum), knowing)).Counts);
        double without = Error(counts, One<CountGuess>(new ClassCounts().Run(step.View(null, step.Sum), step.Facts)).Counts);
        Assert.That(with, Is.LessThan(0.03).And.LessThan(without / 2));
    }

    [Test]
    public void Inputs_are_solved_for_from_first_layer_gradients([Values] bool ofBatch)
    {
        using var step = new TinyStep(rows: 8);
        var attack = new LeastSquares(ofBatch);
        Assert.That(ErrorsOf(One<InputGuess>(attack.Run(step.View(), step.Facts)), step), Has.All.LessThan(1e-6));

        SeenFrame[] masked = step.Frames((name, t) => name == TensorNames.ParameterGradients ? randn_like(t) : t);
        Assert.That(ErrorsOf(One<InputGuess>(attack.Run(step.View(masked), step.Facts)), step), Has.All.GreaterThan(0.1));
    }

    [Test]
    public void More_rows_than_units_cannot_be_solved_for()
    {
        using var step = new TinyStep(rows: 8, units: 6);
        Assert.That(ErrorsOf(One<InputGuess>(new LeastSquares(ofBatch: true).Run(step.View(), step.Facts)), step).Order().ElementAt(8), Is.GreaterThan(0.1));
    }

    [Test]
    public void Activations_of_enough_visits_give_the_input()
    {
        // 5 units a visit, 12 inputs: two visits are too few, three are enough.
        TinyStep[] visits = [.. Enumerable.Range(1, 3).Select(seed => new TinyStep(rows: 1, units: 5, seed: seed, samples: ones(2, 12).cumsum(1).to(ScalarType.Float64)))];
        SeenFrame[] frames = [.. visits.SelectMany((v, epoch) => v.Frames().Select(f => f with { Step = new StepId(epoch + 1, 0, 0) }))];
        InputGuess[] guesses = [.. new ActivationsOverEpochs().Run(new PartyView("somebody", [], frames), visits[0].Facts).Cast<InputGuess>()];
        Assert.That(guesses.Select(g => g.Of), Is.EqualTo((string[])["1 visit", "2 visits", "3 visits"]));
        Assert.That(ErrorsOf(guesses[1], visits[0]), Has.All.GreaterThan(1e-3));
        Assert.That(ErrorsOf(guesses[2], visits[0]), Has.All.LessThan(1e-6));
        Array.ForEach(visits, v => v.Dispose());
    }

    [Test]
    public void A_unit_that_one_row_activates_gives_it_away()
    {
        using var relu = new TinyStep(rows: 2, units: 200);
        InputGuess guess = One<InputGuess>(new SingleUnits(ofBatch: true).Run(relu.View(null, relu.Sum), relu.Facts));
        Assert.That(NearestOf(guess, relu), Has.All.LessThan(1e-6));
        Assert.That(new SingleUnits(ofBatch: false).Run(relu.View(), relu.Facts).Cast<InputGuess>().Select(g => g.Nodes), Is.EqualTo((int[][])[[1], [2]]));

        using var gelu = new TinyStep(rows: 2, units: 200, activation: Activation.Gelu);
        guess = One<InputGuess>(new SingleUnits(ofBatch: true).Run(gelu.View(null, gelu.Sum), gelu.Facts));
        Assert.That(NearestOf(guess, gelu), Has.All.GreaterThan(0.01));
    }

    [Test]
    public void The_gradient_of_few_rows_is_inverted()
    {
        using var step = new TinyStep(rows: 1, activation: Activation.Tanh);
        Assert.That(NearestOf(One<InputGuess>(new GradientInversion().Run(step.View(null, step.Sum), step.Facts)), step), Has.All.LessThan(0.05));

        SummedGradient noise = step.Sum with { Gradient = [.. step.Sum.Gradient.Select((_, i) => Math.Sin(i))] };
        Assert.That(NearestOf(One<InputGuess>(new GradientInversion().Run(step.View(null, noise), step.Facts)), step), Has.All.GreaterThan(0.1));
    }

    [Test]
    public void Members_are_those_with_the_smaller_loss()
    {
        using var step = new TinyStep(rows: 10);
        Tensor wrong = step.Y.add(1).remainder(TinyStep.Classes);
        AuditContext facts = step.Facts with { Candidates = new Candidates(cat([step.X, step.X]), cat([step.Y, wrong])) };
        var view = new PartyView("somebody", [], []) { LastParameters = step.Parameters.data<double>().ToArray() };
        double[] scores = One<MemberGuess>(new Membership().Run(view, facts)).Scores;
        Assert.That(scores, Has.Length.EqualTo(40).And.All.LessThan(0));
        Assert.That(-scores[..20].Sum(), Is.EqualTo(20 * step.MeanLoss()).Within(1e-9), "a score is minus the loss");
        Assert.That(new Membership().Run(view, step.Facts), Is.Empty, "without candidates");
        Assert.That(new Membership().Run(step.View(), facts), Is.Empty, "without θ");
    }

    [Test]
    public void Random_bytes_look_like_noise_and_numbers_do_not()
    {
        Assert.That(Noise.PValue([.. Enumerable.Range(0, 256).Select(i => (byte)i)]), Is.EqualTo(1).Within(1e-12));
        byte[] random = new byte[1 << 16];
        new Random(5).NextBytes(random);
        using var aes = Aes.Create();
        aes.Key = random[..32];
        Assert.That(Noise.PValue(aes.EncryptEcb(random, PaddingMode.None)), Is.InRange(0.001, 0.999));
        using var step = new TinyStep(rows: 20);
        NoiseTest[] tests = [.. new Noise().Run(step.View(), step.Facts).Cast<NoiseTest>()];
        Assert.That(tests.Select(t => t.Of), Is.EqualTo((string[])[TensorNames.Activations, TensorNames.LogitGradients, TensorNames.ParameterGradients]));
        Assert.That(tests.Select(t => t.PValue), Has.All.LessThan(1e-6));
    }

    [Test]
    public void A_view_without_anything_gives_nothing()
    {
        using var step = new TinyStep();
        var blank = new PartyView("nobody", [step.Step], []);
        Assert.That(KnownAttacks.All.SelectMany(a => a.Run(blank, step.Facts)), Is.Empty);
        Assert.That(KnownAttacks.All.Select(a => a.Name), Is.Unique);
    }

    private static T One<T>(IEnumerable<Recovered> recovered)
        where T : Recovered => recovered.Cast<T>().Single();

    private static int[] LabelsOf(IEnumerable<Recovered> recovered, SampleRow[] rows) => Array.ConvertAll(rows, r => One<LabelGuess>(recovered).Labels[r]);

    private static double PurityOf(IEnumerable<Recovered> recovered, TinyStep step)
    {
        GroupGuess guess = One<GroupGuess>(recovered);
        return step.All.Zip(step.Labels).GroupBy(p => guess.Groups[p.First]).Sum(g => g.CountBy(p => p.Second).Max(c => c.Value)) / (double)step.All.Length;
    }

    private static double[] ErrorsOf(InputGuess guess, TinyStep step) =>
        [.. guess.Rows!.Zip(guess.Inputs, (row, input) => Error(step.Truth[Array.IndexOf(step.All, row)], input))];

    private static double[] NearestOf(InputGuess guess, TinyStep step) => Array.ConvertAll(step.Truth, row => guess.Inputs.Min(i => Error(row, i)));

    private static double Error(double[] original, double[] guess) =>
        Math.Sqrt(original.Zip(guess, (a, b) => (a - b) * (a - b)).Sum() / original.Sum(v => v * v));
}
