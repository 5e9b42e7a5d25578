using Microsoft.Playwright;
using TraversalLearning.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace TraversalLearning.Tests.Processes.Browser;

/// <summary>The live page of real runs in a real browser.</summary>
[Category("Browser"), NonParallelizable]
public sealed class LivePageTests
{
    // As long as a node may be silent: what is lost is to be seen by then.
    private const int HeartbeatTimeout = 30_000;
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

    [Test]
    public async Task The_page_loads_without_an_error_and_its_curves_grow_while_a_run_goes_on()
    {
        await using LiveRun run = await LiveRun.StartAsync();
        IPage page = await _chromium.NewPageAsync();
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                errors.Add(message.Text);
            }
        };
        page.PageError += (_, error) => errors.Add(error);
        page.Request += (_, request) => Assert.That(new Uri(request.Url).Scheme is "data" || request.Url.StartsWith(run.Url, StringComparison.Ordinal), Is.True, request.Url);
        await page.GotoAsync(run.Url);
        await Expect(page.Locator("#connection")).ToHaveTextAsync("connected");
        int before = await PointsAsync(page, 1);
        await PointsAsync(page, before + 5);
        await Expect(page.Locator("#state")).ToHaveTextAsync("training");
        Assert.That(await page.Locator("#loss polyline.train").GetAttributeAsync("points"), Does.Contain(" "), "a line");
        await Expect(page.Locator("#nodes tbody tr.connected")).ToHaveCountAsync(3);
        await Expect(page.Locator("#nodes tbody tr").First).ToContainTextAsync("site=<b>1</b>");
        await Expect(page.Locator("#trace rect.k-forward").First).ToBeAttachedAsync();
        await Expect(page.Locator("#budget-legend")).ToContainTextAsync("nodes compute");
        await Expect(page.Locator("#log")).ToContainTextAsync("[1002] node");
        Assert.That(errors, Is.Empty);
    }

    [Test]
    public async Task A_killed_node_turns_red_within_the_heartbeat_time_and_is_back_when_it_is_back()
    {
        await using LiveRun run = await LiveRun.StartAsync();
        IPage page = await _chromium.NewPageAsync();
        await page.GotoAsync(run.Url);
        await Expect(page.Locator("#nodes tbody tr.connected")).ToHaveCountAsync(3, new LocatorAssertionsToHaveCountOptions { Timeout = 60_000 });
        await run.KillNodeAsync(2);
        ILocator row = page.Locator("#nodes tbody tr").Nth(1);
        await Expect(row).ToHaveClassAsync("lost", new LocatorAssertionsToHaveClassOptions { Timeout = HeartbeatTimeout });
        await Expect(row.Locator(".state")).ToHaveTextAsync("lost");
        await Expect(row.Locator(".state")).ToHaveCSSAsync("color", "rgb(193, 18, 31)");
        await Expect(page.Locator("#nodes-summary")).ToContainTextAsync("1 lost");
        run.StartNode(2);
        await Expect(row).ToHaveClassAsync("connected", new LocatorAssertionsToHaveClassOptions { Timeout = 60_000 });
    }

    [Test]
    public async Task The_page_goes_on_by_itself_after_the_orchestrator_was_killed_and_resumed()
    {
        await using LiveRun run = await LiveRun.StartAsync();
        IPage page = await _chromium.NewPageAsync();
        await page.GotoAsync(run.Url);
        await page.EvaluateAsync("window.mark = 'the same page'");
        await PointsAsync(page, 20);
        await run.KillOrchestratorAsync();
        await Expect(page.Locator("#connection")).ToHaveTextAsync("disconnected", new LocatorAssertionsToHaveTextOptions { Timeout = 60_000 });
        await Expect(page.Locator("#nodes tbody tr")).ToHaveCountAsync(3);
        run.Resume();
        await Expect(page.Locator("#connection")).ToHaveTextAsync("connected", new LocatorAssertionsToHaveTextOptions { Timeout = 60_000 });
        await Expect(page.Locator("#state")).ToHaveTextAsync("training", new LocatorAssertionsToHaveTextOptions { Timeout = 60_000 });
        await Expect(page.Locator("#log")).ToContainTextAsync("[1035] going on from", new LocatorAssertionsToContainTextOptions { Timeout = 60_000 });
        int before = await PointsAsync(page, 1);
        await PointsAsync(page, before + 5);
        Assert.That(await page.EvaluateAsync<string>("window.mark"), Is.EqualTo("the same page"));
    }

    /// <summary>For docs/guide/watching.md: run it by its name to take them again, from a run of Fashion-MNIST.</summary>
    [Test, Explicit("takes the pictures of docs/guide/watching.md again")]
    public async Task Pictures_for_the_documentation()
    {
        using var folder = new TempFolder();
        await using RunningProgram orchestrator = RunningProgram.StartOrchestrator(
            "--num_nodes", "5", "--partition", "dirichlet:0.5", "--epochs", "3", "--port", "0", "--dashboard_port", "0", "--output", folder["run"], "--threads", "1", "--device", "cpu");
        string url = (await orchestrator.WaitForLineAsync("live page: ")).Split(' ')[^1];
        int port = await orchestrator.PortAsync();
        await using RunningProgram most = RunningProgram.StartNode(
            "--node_id", "1", "--virtual_nodes", "4", "--num_nodes", "5", "--port", $"{port}", "--partition", "dirichlet:0.5", "--threads", "1", "--device", "cpu");
        RunningProgram last = StartLast();
        string pictures = Repository.PathOf("docs", "guide", "watching");
        Directory.CreateDirectory(pictures);
        IPage desktop = await _chromium.NewPageAsync(new ViewportSize { Width = 1100, Height = 1250 });
        await desktop.GotoAsync(url);
        await PointsAsync(desktop, 500);
        await Expect(desktop.Locator("#loss circle.test")).Not.ToHaveCountAsync(0, new LocatorAssertionsToHaveCountOptions { Timeout = 600_000 });
        await desktop.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(pictures, "light.png") });
        IPage phone = await _chromium.NewPageAsync(new ViewportSize { Width = 390, Height = 844 }, ColorScheme.Dark);
        await phone.GotoAsync(url);
        await Expect(phone.Locator("#nodes tbody tr.connected")).ToHaveCountAsync(5, new LocatorAssertionsToHaveCountOptions { Timeout = 60_000 });
        await last.KillAsync();
        await Expect(phone.Locator("#nodes tbody tr.lost")).ToHaveCountAsync(1, new LocatorAssertionsToHaveCountOptions { Timeout = HeartbeatTimeout });
        await phone.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(pictures, "dark_phone.png"), FullPage = true });
        await last.DisposeAsync();

        RunningProgram StartLast() => RunningProgram.StartNode(
            "--node_id", "5", "--num_nodes", "5", "--port", $"{port}", "--partition", "dirichlet:0.5", "--threads", "1", "--device", "cpu", "--metadata", "site=Bern");
    }

    [Test, Explicit("takes the pictures of docs/guide/studies.md again")]
    public async Task Pictures_of_a_study_for_the_documentation()
    {
        using var folder = new TempFolder();
        string pictures = Repository.PathOf("docs", "guide", "studies");
        await using RunningProgram study = RunningProgram.StartOrchestrator(
            "experiment", Path.Combine(pictures, "first-study.yaml"), "--workers", "2", "--dashboard_port", "0", "--output", folder["first-study"]);
        string url = (await study.WaitForLineAsync("live page: ")).Split(' ')[^1];
        IPage live = await _chromium.NewPageAsync(new ViewportSize { Width = 1100, Height = 820 });
        await live.GotoAsync(url);
        await Expect(live.Locator("#study tbody tr.done").Nth(4)).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 600_000 });
        await live.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(pictures, "study.png") });
        Assert.That((await study.EndAsync(TimeSpan.FromMinutes(10))).ExitCode, Is.Zero);
        IPage report = await _chromium.NewPageAsync(new ViewportSize { Width = 1100, Height = 1500 });
        await report.GotoAsync(new Uri(Path.Combine(folder["first-study"], "report.html")).AbsoluteUri);
        await report.ScreenshotAsync(new PageScreenshotOptions
        {
            Path = Path.Combine(pictures, "report.png"),

            // Without the command, which names a file of this machine.
            Clip = new Clip { X = 0, Y = 230, Width = 1100, Height = 1270 },
        });
    }

    /// <summary>Waits until the loss has so many points.</summary>
    private static async Task<int> PointsAsync(IPage page, int atLeast)
    {
        await page.WaitForFunctionAsync(
            "least => Number(document.getElementById('loss').dataset.points) >= least", atLeast, new PageWaitForFunctionOptions { Timeout = 120_000 });
        return await page.EvaluateAsync<int>("Number(document.getElementById('loss').dataset.points)");
    }
}
