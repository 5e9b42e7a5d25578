using System.Text;
using Microsoft.Playwright;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Observe.Dashboard;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace TraversalLearning.Tests.Processes.Browser;

/// <summary>How the page looks and is used: on a phone, by keyboard, light and dark, and to whom.</summary>
[Category("Browser"), NonParallelizable]
public sealed class PageLookTests
{
    private const string Secret = "a secret of some length";
    private const string Hostile = "<img src=x onerror=\"document.title='owned'\">";
    private Chromium _chromium = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _chromium = await Chromium.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }
    }

    [TestCase(360)]
    [TestCase(768)]
    public async Task No_window_is_too_narrow(int width)
    {
        await using ShownRun run = await FullAsync();
        IPage page = await OpenAsync(run, new ViewportSize { Width = width, Height = 740 });
        Assert.That(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), Is.LessThanOrEqualTo(width));
        await Expect(page.Locator("#nodes tbody tr")).ToHaveCountAsync(3);
    }

    [Test]
    public async Task Everything_that_can_be_scrolled_or_opened_is_reached_by_the_keyboard()
    {
        await using ShownRun run = await FullAsync();
        IPage page = await OpenAsync(run);
        var reached = new List<string>();
        for (int i = 0; i < 12; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            reached.Add(await page.EvaluateAsync<string>(
                "(e => e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 40))(document.activeElement)"));
        }

        Assert.That(reached, Is.SupersetOf((string[])["Skip to the figures", "Figures by epoch", "Nodes", "Study", "Log"]));
        await page.Locator("summary").FocusAsync();
        Assert.That(await page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"), Is.EqualTo("solid"), "and it is seen where one is");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#epochs tbody tr")).ToBeVisibleAsync();
    }

    [TestCase(ColorScheme.Light)]
    [TestCase(ColorScheme.Dark)]
    public async Task Texts_can_be_read_in_light_and_in_the_dark(ColorScheme scheme)
    {
        await using ShownRun run = await FullAsync();
        IPage page = await OpenAsync(run, scheme: scheme);
        string back = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Assert.That(back, scheme == ColorScheme.Light ? Is.EqualTo("rgb(255, 255, 255)") : Is.EqualTo("rgb(13, 17, 23)"));
        foreach (string selector in new[] { "body", "dt", "#state", "#connection", "tr.lost .state", "tr.slow .state", "tr.connected .state", "#log", "thead th" })
        {
            Assert.That(await ContrastAsync(page, selector), Is.GreaterThanOrEqualTo(4.5), $"{selector} in {scheme}");
        }
    }

    [Test]
    public async Task What_a_node_says_is_text_and_a_state_is_a_word()
    {
        await using ShownRun run = await FullAsync();
        IPage page = await OpenAsync(run);
        await Expect(page.Locator("#nodes tbody")).ToContainTextAsync(Hostile);
        Assert.That(await page.Locator("#nodes img").CountAsync(), Is.Zero);
        Assert.That(await page.TitleAsync(), Does.Contain("training"));
        Assert.That(await page.Locator("#nodes .state").AllTextContentsAsync(), Is.EqualTo((string[])["connected", "slow", "lost"]));
        await Expect(page.Locator("#study tbody tr.failed")).ToContainTextAsync("no data");
        Assert.That(await page.Locator("#loss").GetAttributeAsync("aria-label"), Does.Contain("training 1.5000 after step 2"));
    }

    [Test]
    public async Task A_study_whose_runs_are_elsewhere_is_shown_without_what_only_runs_have()
    {
        var run = new StudyRun("tl-seed-1", new Dictionary<string, string>(StringComparer.Ordinal) { ["algorithm"] = "tl" }, 1, []);
        StudyRow[] rows = [new StudyRow(run, StudyRunState.Running) { Folder = "a", Worker = "here-1", Epochs = 2, Accuracy = 0.75, Loss = 0.5 }, new StudyRow(run, StudyRunState.Done) { Folder = "b" }];
        await using DashboardServer server = await DashboardServer.StartAsync(new DashboardOptions("127.0.0.1", 0, null) { Interval = TimeSpan.FromMilliseconds(20) });
        server.Show(() => rows);
        IPage page = await _chromium.NewPageAsync();
        var errors = new List<string>();
        page.Console += (_, message) => errors.Add(message.Text);
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(server.Url);
        await Expect(page.Locator("#study tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator("#study tbody tr.running")).ToContainTextAsync("0.7500");
        await Expect(page.Locator("#state")).ToHaveTextAsync("running");
        foreach (string hidden in (string[])["#run", "#nodes-section", "#trace-section", "#budget-section"])
        {
            await Expect(page.Locator(hidden)).ToBeHiddenAsync();
        }

        Assert.That(errors, Is.Empty);
    }

    [Test]
    public async Task A_token_is_asked_for_once()
    {
        await using ShownRun run = await ShownRun.StartAsync(new DashboardOptions("127.0.0.1", 0, new Token(Encoding.UTF8.GetBytes(Secret))));
        IPage page = await _chromium.NewPageAsync();
        await page.GotoAsync(run.Server.Url);
        await page.GetByLabel("Token").FillAsync("wrong");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByLabel("Token")).ToBeVisibleAsync();
        await page.GetByLabel("Token").FillAsync(Secret);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#connection")).ToHaveTextAsync("connected");
        await page.ReloadAsync();
        await Expect(page.Locator("#connection")).ToHaveTextAsync("connected");
        Assert.That(await page.EvaluateAsync<string>("document.cookie"), Is.Empty, "no script can read it");
        IPage linked = await _chromium.NewPageAsync();
        await linked.GotoAsync($"{run.Server.Url}?token={Uri.EscapeDataString(Secret)}");
        await Expect(linked.Locator("#connection")).ToHaveTextAsync("connected");
        Assert.That(linked.Url, Is.EqualTo(run.Server.Url));
    }

    private async Task<IPage> OpenAsync(ShownRun run, ViewportSize? size = null, ColorScheme scheme = ColorScheme.Light)
    {
        IPage page = await _chromium.NewPageAsync(size, scheme);
        await page.GotoAsync(run.Server.Url);
        await Expect(page.Locator("#nodes tbody tr.lost")).ToHaveCountAsync(1);
        await Expect(page.Locator("#connection")).ToHaveTextAsync("connected");
        return page;
    }

    /// <summary>A run of which every part of the page has something.</summary>
    private static async Task<ShownRun> FullAsync()
    {
        ShownRun run = await ShownRun.StartAsync();
        run.Nodes =
        [
            new NodeReading(1, "127.0.0.1:5", 100, TimeSpan.FromSeconds(2), 10_000, 20) { Metadata = Hostile },
            new NodeReading(2, "127.0.0.1:6", 100, TimeSpan.Zero, 10_000_000, 20_000),
            new NodeReading(3, null, 100, TimeSpan.Zero, 10, 20),
        ];
        run.Request.Probe.SpeedOf = id => new(7, 70, TimeSpan.FromSeconds(1), 1.5, 0.25, IsSlow: id == 2);
        run.Events.Publish(new RunStarted("tl", Epochs: 1, Nodes: 3, Step: 0));
        run.Events.Publish(new NodeLost(3, "no sign of life"));
        run.Round(loss: 2.5);
        run.Round(loss: 1.5);
        run.Events.Publish(new RoundTraced(
            new Round(1, 1),
            1000,
            [new WorkTrace(1, WorkKind.Forward, 8, 0.5, 2, 1), new WorkTrace(2, WorkKind.Backward, 2, 3, 5, 1)],
            Untraced: 0,
            [new LapTrace(StepPart.Codec, 0, 0.5), new LapTrace(StepPart.WireAndWait, 0.5, 5)],
            new StepBudget(1, 2, 3, 4, 5, 6)));
        run.Events.Publish(new EpochCompleted(
            TrainingProgress.Start.After(new RoundOutcome(20, 5, 10, 0, 3)), new Evaluation(0.5, 0.75, MacroF1: 0.7, Auc: null), new(1, 2, 3, 4)));
        var row = new StudyRow(new StudyRun("a-1", new Dictionary<string, string>(StringComparer.Ordinal), 1, []), StudyRunState.Failed) { Folder = "a-1", Failure = "no data" };
        run.Server.Show(() => [row, row with { State = StudyRunState.Done, Failure = null }]);
        return run;
    }

    // WCAG 2: the ratio of the luminances of a text and of what is behind it.
    private static Task<double> ContrastAsync(IPage page, string selector) => page.Locator(selector).First.EvaluateAsync<double>(
        """
        element => {
          const rgb = color => color.match(/[\d.]+/g).map(Number);
          const luminance = color => rgb(color).slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          let behind = element;
          while (behind && (rgb(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
          const [a, b] = [luminance(getComputedStyle(element).color), luminance(getComputedStyle(behind ?? document.body).backgroundColor)];
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        }
        """);
}
